using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Linux;
using Skein.Linux.Mounts;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Containers.Storage;

/// <summary>
/// Volumes with something mounted on them: a folder of an NFS server, another of this host, a tmpfs. The mount comes with the first
/// container that has the volume, again after a boot, and goes with the last. Its options lie beside its data.
/// </summary>
internal sealed class DeviceVolumes(VolumeFolders volumes)
{
    private const string OptionsFile = "options.json";

    private readonly ConcurrentDictionary<string, Lock> _locks = new(StringComparer.Ordinal);

    /// <summary>Mounts what these mounts ask for. Options that another has given before stand for who gives none.</summary>
    /// <param name="isUsedElsewhere">Whether another container has the volume of this name.</param>
    public Task EnsureAsync(string containerId, IEnumerable<Mount> mounts, Func<string, bool> isUsedElsewhere)
    {
        var wanted = VolumeFolders.In(mounts).Select(mount => (Name: VolumeFolders.NameOf(containerId, mount), Options: mount.VolumeDriverOptions.ToDictionary())).ToList();
        // A server that does not answer holds the call for minutes.
        return Task.Run(() =>
        {
            foreach (var (name, options) in wanted) Ensure(name, options, isUsedElsewhere);
        });
    }

    public bool IsDevice(string name) => File.Exists(PathOf(name));

    /// <summary>The last container that had it is gone.</summary>
    public void Release(string name)
    {
        if (!IsDevice(name)) return;
        lock (_locks.GetOrAdd(name, _ => new()))
        {
            if (MountPoint.IsMounted(volumes.DataOf(name))) MountPoint.Unmount(volumes.DataOf(name), lazy: true);
        }
    }

    private void Ensure(string name, Dictionary<string, string> given, Func<string, bool> isUsedElsewhere)
    {
        var known = Read(name);
        if (given.Count == 0 && known is null) return;
        VolumeFolders.CheckName(name);
        VolumeOptions.Check(given);
        lock (_locks.GetOrAdd(name, _ => new()))
        {
            var data = Directory.CreateDirectory(volumes.DataOf(name)).FullName;
            var same = given.Count == 0 || (known is not null && known.Count == given.Count && given.All(option => known.GetValueOrDefault(option.Key) == option.Value));
            if (!same && known is not null && isUsedElsewhere(name)) throw SkeinException.Conflict($"volume {name} is in use here with other options");
            var mounted = MountPoint.IsMounted(data);
            if (same && mounted) return;
            if (mounted) MountPoint.Unmount(data, lazy: true);
            var options = given.Count > 0 ? given : known!;
            Mount(name, data, options);
            WholeFile.Write(PathOf(name), JsonSerializer.SerializeToUtf8Bytes(options, VolumeJson.Default.DictionaryStringString), UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: true);
        }
    }

    private static void Mount(string name, string data, Dictionary<string, string> options)
    {
        var (type, device) = (options[VolumeOptions.Type], options[VolumeOptions.Device]);
        try
        {
            MountOptions.Parse(WithAddress(type, options.GetValueOrDefault(VolumeOptions.Options, ""))).Mount(device, data, type);
        }
        catch (Exception error) when (error is LinuxException or SocketException)
        {
            throw new SkeinException(ErrorKind.Internal, $"error while mounting volume '{data}': failed to mount local volume {name}: {error.Message}", error);
        }
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

    private Dictionary<string, string>? Read(string name) =>
        IsDevice(name) ? JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(name)), VolumeJson.Default.DictionaryStringString) : null;

    private string PathOf(string name) => Path.Combine(volumes.FolderOf(name), OptionsFile);
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class VolumeJson : JsonSerializerContext;
