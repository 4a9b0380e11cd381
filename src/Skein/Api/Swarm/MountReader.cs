using System.Text.Json;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Api.Swarm;

/// <summary>From Docker's JSON to the store's mount. What is not honoured on the node is refused here, before there is a task to fail.</summary>
internal static class MountReader
{
    private static readonly string[] s_propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

    public static Mount Read(ContainerSpecJson.MountJson json)
    {
        // Docker's zero of the enumeration: a mount without a type binds.
        var type = json.Type is null or "" ? "bind" : json.Type;
        switch (type)
        {
            case "bind" or "volume" or "tmpfs" or "image": break;
            case "npipe": throw Invalid(type, "mount type unknown");   // a Linux node's word
            case "cluster": throw NotYet("mounts of type cluster (CSI volumes)");
            default: throw SkeinException.Invalid($"invalid MountType: \"{type}\"");
        }
        CheckOnlyItsOwn(type, json);
        if (json.Target is null or "") throw Invalid(type, "field Target must not be empty");
        if (json.Target.Split('/').All(step => step is "" or ".")) throw Invalid(type, "invalid specification: destination can't be '/'");
        if (type is "bind" or "image" && json.Source is null or "") throw Invalid(type, "field Source must not be empty");
        var mount = new Mount
        {
            Type = type,
            Source = json.Source ?? "",
            Target = json.Target ?? "",
            ReadOnly = json.ReadOnly ?? false,
            Consistency = json.Consistency ?? "",
        };
        if (json.BindOptions is { } bind) ReadBind(bind, mount);
        if (json.VolumeOptions is { } volume) ReadVolume(volume, mount);
        if (json.TmpfsOptions is { } tmpfs) ReadTmpfs(tmpfs, mount);
        if (type == "image") ReadImage(json.ImageOptions, mount);
        return mount;
    }

    private static void CheckOnlyItsOwn(string type, ContainerSpecJson.MountJson json)
    {
        Check("bind", "BindOptions", json.BindOptions is { } bind && bind != new ContainerSpecJson.BindJson());
        Check("volume", "VolumeOptions", json.VolumeOptions is { } volume && volume != new ContainerSpecJson.VolumeJson());
        Check("tmpfs", "TmpfsOptions", json.TmpfsOptions is { } tmpfs && tmpfs != new ContainerSpecJson.TmpfsJson());
        Check("image", "ImageOptions", json.ImageOptions is { } image && image != new ContainerSpecJson.ImageJson());
        Check("cluster", "ClusterOptions", json.ClusterOptions is { ValueKind: JsonValueKind.Object });
        if (type == "tmpfs" && json.Source is { Length: > 0 }) throw Invalid(type, "field Source must not be specified");

        void Check(string of, string field, bool given)
        {
            if (given && type != of) throw Invalid(type, $"field {field} must not be specified");
        }
    }

    private static void ReadBind(ContainerSpecJson.BindJson json, Mount mount)
    {
        mount.BindPropagation = json.Propagation ?? "";
        mount.BindCreateMountpoint = json.CreateMountpoint ?? false;
        mount.BindNonRecursive = json.NonRecursive ?? false;
        mount.BindReadOnlyNonRecursive = json.ReadOnlyNonRecursive ?? false;
        mount.BindReadOnlyForceRecursive = json.ReadOnlyForceRecursive ?? false;
        if (mount.BindPropagation.Length > 0 && !s_propagations.Contains(mount.BindPropagation))
            throw SkeinException.Invalid($"invalid MountPropagation: \"{mount.BindPropagation}\"");
        CheckConflict(!mount.ReadOnly && mount.BindReadOnlyNonRecursive, "!ReadOnly && BindOptions.ReadOnlyNonRecursive");
        CheckConflict(!mount.ReadOnly && mount.BindReadOnlyForceRecursive, "!ReadOnly && BindOptions.ReadOnlyForceRecursive");
        CheckConflict(mount.BindReadOnlyNonRecursive && mount.BindReadOnlyForceRecursive, "ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive");
    }

    private static void CheckConflict(bool both, string what)
    {
        if (both) throw SkeinException.Invalid($"mount options conflict: {what}");
    }

    private static void ReadVolume(ContainerSpecJson.VolumeJson json, Mount mount)
    {
        var (driver, options) = (json.DriverConfig?.Name ?? "", json.DriverConfig?.Options ?? new Dictionary<string, string>());
        if (driver is not ("" or "local")) throw NotYet($"volumes of the driver {driver}");
        VolumeOptions.Check(options);
        foreach (var (key, value) in options) mount.VolumeDriverOptions[key] = value;
        if (json.Subpath is { Length: > 0 } && mount.Source.Length == 0) throw Invalid(mount.Type, "must not set Subpath when using anonymous volumes");
        mount.Subpath = ReadSubpath(mount.Type, json.Subpath);
        mount.VolumeDriver = driver;
        mount.VolumeNoCopy = json.NoCopy ?? false;
        foreach (var (key, value) in json.Labels ?? new Dictionary<string, string>()) mount.VolumeLabels[key] = value;
    }

    private static void ReadImage(ContainerSpecJson.ImageJson? json, Mount mount)
    {
        // What is a template names an image only on the node.
        if (!mount.Source.Contains("{{", StringComparison.Ordinal) && !ImageReferenceValidation.IsValid(mount.Source))
            throw Invalid(mount.Type, $"\"{mount.Source}\" is not a valid repository/tag");
        mount.ReadOnly = true;
        mount.Subpath = ReadSubpath(mount.Type, json?.Subpath);
    }

    /// <summary>It stays below where it begins, as far as its letters tell; what links make of it is the node's to see.</summary>
    private static string ReadSubpath(string type, string? path)
    {
        if (path is null or "") return "";
        var depth = 0;
        foreach (var step in path.Split('/'))
        {
            depth += step switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0) break;
        }
        return depth < 0 || path[0] == '/' || path.Contains('\0', StringComparison.Ordinal) ? throw Invalid(type, "subpath must be a relative path within the volume") : path;
    }

    private static void ReadTmpfs(ContainerSpecJson.TmpfsJson json, Mount mount)
    {
        mount.TmpfsSizeBytes = json.SizeBytes ?? 0;
        mount.TmpfsMode = json.Mode ?? 0;
        if (mount.TmpfsSizeBytes < 0) throw Invalid(mount.Type, $"invalid size: {mount.TmpfsSizeBytes}");
        foreach (var option in json.Options ?? [])
        {
            if (option is not ["exec" or "noexec"]) throw Invalid(mount.Type, $"invalid option: {string.Join('=', option)}");
            mount.TmpfsOptions.Add(option[0]);
        }
    }

    private static SkeinException Invalid(string type, string why) => SkeinException.Invalid($"invalid mount config for type \"{type}\": {why}");

    private static SkeinException NotYet(string what) => SkeinException.NotImplemented($"{what} are not supported yet");
}
