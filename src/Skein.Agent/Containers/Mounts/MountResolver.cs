using System.Globalization;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Volumes;
using Skein.Linux.Mounts;
using Skein.Model;

namespace Skein.Agent.Containers.Mounts;

/// <summary>A service's mounts as the runtime takes them. The volumes among them are there already: see VolumeStore.</summary>
/// <param name="kernel">The host's: what is mounted below a bind can be made read-only since 5.12 (mount_setattr).</param>
/// <param name="stagedAt">Where a part of a volume, or an image, is put for the moment of a start: by the container and the mount's number.</param>
internal sealed class MountResolver(VolumeFolders volumes, Version kernel, Func<string, int, string> stagedAt)
{
    private static readonly Version s_mountSetattr = new(5, 12);

    public IReadOnlyList<OciMount> Resolve(string containerId, IEnumerable<Mount> mounts)
    {
        var resolved = new List<OciMount>();
        foreach (var mount in mounts)
        {
            if (!mount.Target.StartsWith('/'))
                throw SkeinException.Invalid($"invalid mount config for type \"{mount.Type}\": invalid mount path: '{mount.Target}' mount path must be absolute");
            var target = Path.TrimEndingDirectorySeparator(mount.Target);
            if (resolved.Any(other => other.Destination == target))
                throw SkeinException.Invalid($"Duplicate mount point: {mount.Target}");
            resolved.Add(mount.Type switch
            {
                "bind" => Bind(mount, target, BindSource(mount), Recursion(mount)),
                "image" or "volume" when StagedMounts.Concerns(mount) => Bind(mount, target, stagedAt(containerId, resolved.Count), []),
                "volume" => Bind(mount, target, volumes.DataOf(VolumeFolders.NameOf(containerId, mount)), []),
                "tmpfs" => Tmpfs(mount, target),
                _ => throw SkeinException.Invalid($"mount type unknown: \"{mount.Type}\""),
            });
        }
        return resolved;
    }

    private static OciMount Bind(Mount mount, string target, string source, IReadOnlyList<string> recursion)
    {
        var propagation = mount.BindPropagation.Length > 0 ? mount.BindPropagation : "rprivate";
        CheckPropagates(source, propagation);
        return new OciMount(target, "bind", source, [mount.BindNonRecursive ? "bind" : "rbind", mount.ReadOnly ? "ro" : "rw", .. recursion, propagation]);
    }

    /// <summary>As in Docker since 25: read-only means all below it too, unless it is asked for alone or the kernel cannot.</summary>
    private IReadOnlyList<string> Recursion(Mount mount)
    {
        if (!mount.ReadOnly || mount.BindReadOnlyNonRecursive) return [];
        if (kernel >= s_mountSetattr) return ["rro"];
        return mount.BindReadOnlyForceRecursive
            ? throw SkeinException.Invalid($"recursively read-only mounts need Linux {s_mountSetattr} or later: this is {kernel}")
            : [];
    }

    /// <summary>What is mounted here later reaches the other side only through a mount that propagates, and without one nobody would know.</summary>
    private static void CheckPropagates(string source, string propagation)
    {
        if (propagation.EndsWith("private", StringComparison.Ordinal)) return;
        var on = MountTable.Of(source);
        if (propagation.EndsWith("shared", StringComparison.Ordinal) && !on.Shared)
            throw SkeinException.Invalid($"path {source} is mounted on {on.Target} but it is not a shared mount");
        if (!on.Shared && !on.Slave)
            throw SkeinException.Invalid($"path {source} is mounted on {on.Target} but it is not a shared or slave mount");
    }

    private static string BindSource(Mount mount)
    {
        if (!mount.Source.StartsWith('/'))
            throw SkeinException.Invalid($"invalid mount config for type \"bind\": invalid mount path: '{mount.Source}' mount path must be absolute");
        if (!Path.Exists(mount.Source))
        {
            if (!mount.BindCreateMountpoint)
                throw SkeinException.Invalid($"invalid mount config for type \"bind\": bind source path does not exist: {mount.Source}");
            Directory.CreateDirectory(mount.Source);
        }
        return mount.Source;
    }

    private static OciMount Tmpfs(Mount mount, string target)
    {
        var execution = mount.TmpfsOptions.LastOrDefault(option => option is "exec" or "noexec") ?? "noexec";
        List<string> options = [execution, "nosuid", "nodev", mount.ReadOnly ? "ro" : "rw"];
        if (mount.TmpfsSizeBytes > 0)
            options.Add(string.Create(CultureInfo.InvariantCulture, $"size={mount.TmpfsSizeBytes}"));
        if (mount.TmpfsMode > 0)
            options.Add("mode=" + Convert.ToString(mount.TmpfsMode, 8));
        return new OciMount(target, "tmpfs", "tmpfs", options);
    }
}
