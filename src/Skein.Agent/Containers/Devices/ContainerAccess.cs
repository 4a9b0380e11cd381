using Skein.Agent.Containers.Oci;
using Skein.Linux.Files;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Containers.Devices;

/// <summary>From what a service was granted to what its container gets of this host. Fails closed: what the node does not allow makes no container.</summary>
/// <param name="allowed">`allow-services` of the node's daemon.json.</param>
internal sealed class ContainerAccess(IReadOnlyCollection<string> allowed, CdiRegistry registry)
{
    private const int DevicesMax = 4096;

    // Those that the runtime makes by itself, or that belong to one terminal.
    private static readonly string[] s_left = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];

    /// <returns>null for a container like any other.</returns>
    /// <exception cref="SkeinException">Not allowed here, or there is no such device.</exception>
    public OciAccess? Of(ContainerDefinition definition) => definition.OwnerCase == ContainerDefinition.OwnerOneofCase.Standalone
        ? OfUser(definition.Standalone)
        : OfService(definition.Labels);

    /// <summary>Who may use the daemon's socket is root on this host: what he asks for is his.</summary>
    private OciAccess OfUser(StandaloneSpec wish)
    {
        var access = registry.Resolve([.. wish.DeviceRequests.SelectMany(DeviceRequests.Names).Distinct(StringComparer.Ordinal)]);
        return access with
        {
            Privileged = wish.Privileged,
            Devices = [.. access.Devices, .. wish.Devices.Select(DeviceRequests.Grant).SelectMany(Granted), .. wish.Privileged ? All() : []],
            Rules = [.. wish.DeviceCgroupRules.Select(DeviceRequests.Rule)],
        };
    }

    private OciAccess? OfService(IReadOnlyDictionary<string, string> labels)
    {
        var grants = ServiceGrants.Parse(labels);
        if (grants.Needs().FirstOrDefault(need => !allowed.Contains(need)) is { } refused)
            throw SkeinException.Invalid($"skein.{refused} is not allowed on this node: \"allow-services\" of its daemon.json does not name \"{refused}\"");
        if (!grants.Needs().Any()) return null;
        var access = registry.Resolve(grants.Gpus);
        return access with
        {
            Privileged = grants.Privileged,
            Devices = [.. access.Devices, .. grants.Devices.SelectMany(Granted), .. grants.Privileged ? All() : []],
        };
    }

    private static IEnumerable<OciDeviceAccess> Granted(DeviceGrant grant)
    {
        if (DeviceNode.Read(grant.HostPath) is { } device) return [OciDeviceAccess.To(device, grant.ContainerPath, grant.Access)];
        if (!Directory.Exists(grant.HostPath)) throw Wrong("no such file or directory");
        var (host, container) = (grant.HostPath.TrimEnd('/'), grant.ContainerPath.TrimEnd('/'));
        var below = Below(grant.HostPath).Select(node => OciDeviceAccess.To(node, container + node.Path[host.Length..], grant.Access)).ToList();
        return below.Count > 0 ? below : throw Wrong("not a device node");

        SkeinException Wrong(string why) =>
            SkeinException.Invalid($"error gathering device information while adding custom device \"{grant.HostPath}\": {why}");
    }

    // The rule for all of them is one, in OciSpecBuilder.
    private static IEnumerable<OciDeviceAccess> All() =>
        Below("/dev").Where(node => node.Path is not ("/dev/console" or "/dev/ptmx")).Select(node => OciDeviceAccess.To(node, node.Path, "rwm"));

    private static List<DeviceNode> Below(string folder)
    {
        var found = new List<DeviceNode>();
        var folders = new Queue<string>([folder]);
        while (folders.TryDequeue(out var next) && found.Count < DevicesMax)
        {
            foreach (var entry in new DirectoryInfo(next).EnumerateFileSystemInfos())
            {
                // A link stands for a device that is met in its own place.
                if (entry.LinkTarget is not null) continue;
                if (entry is DirectoryInfo)
                {
                    if (!s_left.Contains(entry.Name)) folders.Enqueue(entry.FullName);
                }
                else if (DeviceNode.Read(entry.FullName) is { } device) found.Add(device);
            }
        }
        return found;
    }
}
