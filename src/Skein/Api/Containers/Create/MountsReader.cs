using Skein.Agent.Containers;
using Skein.Api.Swarm;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>`-v`, `--mount`, and the volumes that Config.Volumes names: three ways of one thing, each with its own words.</summary>
internal static class MountsReader
{
    private static readonly string[] s_propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

    /// <param name="readOnlyAlone">A client of a time when read-only meant the mount alone, and not all below it.</param>
    public static IEnumerable<Mount> Read(ContainerCreateJson json, HostWishJson host, bool readOnlyAlone)
    {
        List<Mount> mounts = [.. (host.Binds ?? []).Select(Bind), .. (host.Mounts ?? []).Select(Mounted)];
        foreach (var mount in mounts)
        {
            mount.Target = Target(mount.Target);
            if (readOnlyAlone && mount is { Type: "bind", ReadOnly: true }) mount.BindReadOnlyNonRecursive = true;
        }
        var doubled = mounts.Select(mount => mount.Target).Concat((host.Tmpfs?.Keys ?? []).Select(Target)).GroupBy(target => target).FirstOrDefault(group => group.Count() > 1);
        if (doubled is not null) throw SkeinException.Invalid($"Duplicate mount point: {doubled.Key}");
        // What is mounted there otherwise comes before a volume without a name.
        var covered = mounts.Select(mount => mount.Target).ToHashSet(StringComparer.Ordinal);
        var declared = (json.Volumes?.Keys ?? []).Select(Declared).Where(volume => !covered.Contains(volume.Target)).ToList();
        return [.. mounts, .. declared];
    }

    private static Mount Mounted(ContainerSpecJson.MountJson mount) => mount.Type is null or "" or "bind" or "volume" or "tmpfs" or "image" or "cluster"
        ? MountReader.Read(mount)
        : throw SkeinException.Invalid($"invalid mount config for type \"{mount.Type}\": mount type unknown");

    /// <summary>Cleaned; a folder of the container's root.</summary>
    public static string Target(string path)
    {
        if (path.Length == 0 || path[0] != '/' || path.Contains('\0', StringComparison.Ordinal)) throw SkeinException.Invalid($"invalid mount path: '{path}' mount path must be absolute");
        var clean = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return clean != "/" ? clean : throw SkeinException.Invalid("invalid specification: destination can't be '/'");
    }

    /// <summary>A key of Config.Volumes is a path alone, or with an old client a whole `-v`.</summary>
    private static Mount Declared(string path)
    {
        var mount = path.Contains(':', StringComparison.Ordinal) ? Bind(path) : new Mount { Type = "volume", Target = path };
        mount.Target = Target(mount.Target);
        return mount;
    }

    /// <summary>SOURCE:TARGET:MODE</summary>
    private static Mount Bind(string raw)
    {
        var parts = raw.Split(':');
        var mount = parts switch
        {
            ["", ..] => throw Wrong(raw),
            _ when raw.Contains('\0', StringComparison.Ordinal) => throw Wrong(raw),
            [var target] => new Mount { Target = target },
            [_, var mode] when IsMode(mode) => throw Wrong(raw),
            [var source, var target] => new Mount { Source = source, Target = target },
            [var source, var target, var mode] => WithMode(new Mount { Source = source, Target = target }, mode, raw),
            _ => throw Wrong(raw),
        };
        if (!mount.Target.StartsWith('/')) throw SkeinException.Invalid($"invalid volume specification: '{raw}': invalid mount config for type \"{(mount.Source.StartsWith('/') ? "bind" : "volume")}\": invalid mount path: '{mount.Target}' mount path must be absolute");
        if (mount.Target.Split('/').All(step => step is "" or ".")) throw SkeinException.Invalid($"invalid volume specification: '{raw}': invalid mount config for type \"{(mount.Source.StartsWith('/') ? "bind" : "volume")}\": invalid specification: destination can't be '/'");
        (mount.Type, mount.BindCreateMountpoint) = mount.Source.StartsWith('/') ? ("bind", true) : ("volume", false);
        if (mount.Type == "bind") mount.Source = Path.GetFullPath(mount.Source);
        return mount;
    }

    private static Mount WithMode(Mount mount, string mode, string raw)
    {
        if (!IsMode(mode)) throw SkeinException.Invalid($"invalid mode: {mode}");
        foreach (var word in mode.Split(','))
        {
            if (word == "ro") mount.ReadOnly = true;
            else if (word == "nocopy") mount.VolumeNoCopy = true;
            else if (s_propagations.Contains(word)) mount.BindPropagation = word;
        }
        if (mount.BindPropagation.Length > 0 && !mount.Source.StartsWith('/'))
            throw SkeinException.Invalid($"invalid volume specification: '{raw}': invalid mount config for type \"volume\": field BindOptions must not be specified");
        return mount;
    }

    // One word of each kind at most. z and Z relabel for SELinux, which this host need not have.
    private static bool IsMode(string mode) => mode.Split(',') is var words
        && words.All(word => word is "ro" or "rw" or "z" or "Z" or "nocopy" or "consistent" or "cached" or "delegated" or "default" || s_propagations.Contains(word))
        && words.Count(word => word is "ro" or "rw") <= 1 && words.Count(s_propagations.Contains) <= 1 && words.Count(word => word is "z" or "Z") <= 1;

    private static SkeinException Wrong(string raw) => SkeinException.Invalid($"invalid volume specification: '{raw}'");
}
