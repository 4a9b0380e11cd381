using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>From the store's mount to Docker's JSON; options that ask for nothing are left out.</summary>
internal static class MountWriter
{
    public static ContainerSpecJson.MountJson Write(Mount mount)
    {
        var (bind, volume, tmpfs) = (WriteBind(mount), WriteVolume(mount), WriteTmpfs(mount));
        return new()
        {
            Type = mount.Type,
            Source = mount.Source.Length == 0 ? null : mount.Source,
            Target = mount.Target,
            ReadOnly = TrueOrNull(mount.ReadOnly),
            Consistency = mount.Consistency.Length == 0 ? null : mount.Consistency,
            BindOptions = bind == new ContainerSpecJson.BindJson() ? null : bind,
            VolumeOptions = volume == new ContainerSpecJson.VolumeJson() ? null : volume,
            ImageOptions = mount.Type == "image" && mount.Subpath.Length > 0 ? new ContainerSpecJson.ImageJson { Subpath = mount.Subpath } : null,
            TmpfsOptions = tmpfs == new ContainerSpecJson.TmpfsJson() ? null : tmpfs,
        };
    }

    private static ContainerSpecJson.BindJson WriteBind(Mount mount) => new()
    {
        Propagation = mount.BindPropagation.Length == 0 ? null : mount.BindPropagation,
        NonRecursive = TrueOrNull(mount.BindNonRecursive),
        CreateMountpoint = TrueOrNull(mount.BindCreateMountpoint),
        ReadOnlyNonRecursive = TrueOrNull(mount.BindReadOnlyNonRecursive),
        ReadOnlyForceRecursive = TrueOrNull(mount.BindReadOnlyForceRecursive),
    };

    private static ContainerSpecJson.VolumeJson WriteVolume(Mount mount) => new()
    {
        NoCopy = TrueOrNull(mount.VolumeNoCopy),
        Subpath = mount.Type == "volume" && mount.Subpath.Length > 0 ? mount.Subpath : null,
        Labels = mount.VolumeLabels.Count == 0 ? null : mount.VolumeLabels.ToDictionary(),
        DriverConfig = mount.VolumeDriver.Length == 0 && mount.VolumeDriverOptions.Count == 0 ? null : new ContainerSpecJson.DriverJson
        {
            Name = mount.VolumeDriver.Length == 0 ? null : mount.VolumeDriver,
            Options = mount.VolumeDriverOptions.Count == 0 ? null : mount.VolumeDriverOptions.ToDictionary(),
        },
    };

    private static ContainerSpecJson.TmpfsJson WriteTmpfs(Mount mount) => new()
    {
        SizeBytes = mount.TmpfsSizeBytes == 0 ? null : mount.TmpfsSizeBytes,
        Mode = mount.TmpfsMode == 0 ? null : mount.TmpfsMode,
        Options = mount.TmpfsOptions.Count == 0 ? null : [.. mount.TmpfsOptions.Select(option => new[] { option })],
    };

    private static bool? TrueOrNull(bool value) => value ? true : null;
}
