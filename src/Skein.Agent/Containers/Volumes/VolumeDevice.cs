using System.Net;
using System.Net.Sockets;
using Skein.Linux;
using Skein.Linux.Mounts;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Containers.Volumes;

/// <summary>What a volume's options mount on it: a folder of an NFS server, another of this host, a tmpfs.</summary>
internal static class VolumeDevice
{
    /// <summary>A server that does not answer holds the call for minutes.</summary>
    public static void Mount(VolumeRecord volume, string data)
    {
        var (type, device) = (volume.Options![VolumeOptions.Type], volume.Options[VolumeOptions.Device]);
        try
        {
            MountOptions.Parse(WithAddress(type, volume.Options.GetValueOrDefault(VolumeOptions.Options, ""))).Mount(device, data, type);
        }
        catch (Exception error) when (error is LinuxException or SocketException)
        {
            throw new SkeinException(ErrorKind.Internal, $"error while mounting volume '{data}': failed to mount local volume {volume.Name}: {error.Message}", error);
        }
    }

    public static void Unmount(string data)
    {
        if (MountPoint.IsMounted(data)) MountPoint.Unmount(data, lazy: true);
    }

    /// <summary>The kernel wants a server's address where users write its name.</summary>
    private static string WithAddress(string type, string options)
    {
        if (type is not ("nfs" or "nfs4" or "cifs")) return options;
        return string.Join(',', options.Split(',').Select(option =>
            option.StartsWith("addr=", StringComparison.Ordinal) && !IPAddress.TryParse(option["addr=".Length..], out _)
                ? $"addr={System.Net.Dns.GetHostAddresses(option["addr=".Length..])[0]}"
                : option));
    }
}
