using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Model;

namespace Skein.Api.Containers;

/// <summary>What is mounted where in a container. Clients decode it strictly: a bare string breaks `docker ps` of the whole host.</summary>
/// <param name="Name">A volume's; null for binds and tmpfs, as is its driver.</param>
internal sealed record MountPointJson(
    string Type, string? Name, string Source, string Destination, string? Driver, string Mode, bool RW, string Propagation)
{
    public static IReadOnlyList<MountPointJson> Of(ContainerRecord container, VolumeFolders volumes)
    {
        var modes = (container.Definition.Standalone?.Binds ?? []).Select(BindText.Of).ToDictionary(bind => bind.Target, bind => bind.Mode, StringComparer.Ordinal);
        return [.. container.Definition.Spec.Mounts.Select(mount => Of(container.Id, mount, modes.GetValueOrDefault(mount.Target, ""), volumes))];
    }

    private static MountPointJson Of(string containerId, Mount mount, string mode, VolumeFolders volumes)
    {
        var bare = new MountPointJson(mount.Type, null, "", mount.Target, null, mode, !mount.ReadOnly, "");
        if (mount.Type == "bind")
            return bare with { Source = mount.Source, Propagation = mount.BindPropagation.Length > 0 ? mount.BindPropagation : "rprivate" };
        if (mount.Type == "image") return bare with { Name = mount.Source };
        if (mount.Type != "volume") return bare;
        var name = VolumeFolders.NameOf(containerId, mount);
        return bare with { Name = name, Source = volumes.DataOf(name), Driver = "local", Mode = mode.Length > 0 ? mode : "z" };
    }
}
