using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers.Storage;
using Skein.Linux.Files;
using Skein.Linux.Mounts;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Containers.Volumes;

/// <summary>
/// The one owner of this host's volumes: which there are, who has them, and what is mounted on them, which comes with the first container
/// that has the volume, again after a boot, and goes with the last. A volume is its folder; who has it is told by the containers'
/// records, which the engine reads at its start. Locks: a volume's turn first, then the table, held for moments only.
/// </summary>
internal sealed partial class VolumeStore(VolumeFolders folders, TimeProvider time, IIdSource ids, ILogger log) : IVolumes
{
    private readonly ILogger _log = log;
    private readonly Lock _table = new();
    private readonly Dictionary<string, VolumeRecord> _volumes = new(StringComparer.Ordinal);
    private readonly NamedLocks _turns = new();
    private readonly HiddenFolders _hidden = new(folders.Root);
    private readonly Subscribers<VolumeEvent> _events = new();

    public IReadOnlyList<VolumeRecord> List()
    {
        lock (_table) return [.. _volumes.Values];
    }

    public VolumeRecord Find(string name) => TryFind(name) ?? throw SkeinException.NotFound($"get {name}: no such volume");

    public ChannelReader<VolumeEvent> Subscribe(CancellationToken cancel) => _events.Subscribe(cancel);

    public async Task<VolumeRecord> CreateAsync(
        string name, IReadOnlyDictionary<string, string>? options, IReadOnlyDictionary<string, string>? labels, CancellationToken cancel)
    {
        if (name.Length == 0) (name, labels) = (ids.NewContainerId(), WithoutName(labels));
        VolumeFolders.CheckName(name);
        try
        {
            VolumeOptions.Check(options ?? new Dictionary<string, string>());
        }
        catch (SkeinException refused)
        {
            throw new SkeinException(refused.Kind, $"create {name}: {refused.Message}", refused);
        }
        using var turn = await _turns.TakeAsync([name], cancel);
        if (TryFind(name) is not { } known) return Make(name, options, labels, durable: true);
        if (options is { Count: > 0 } && !known.HasOptions(options)) throw IsOther("options");
        if (labels is { Count: > 0 } && !known.HasLabels(labels)) throw IsOther("labels");
        return known;

        SkeinException IsOther(string what) => SkeinException.Conflict($"create {name}: a volume of this name exists with other {what}");
    }

    public async Task RemoveAsync(string name, CancellationToken cancel)
    {
        Find(name);
        using var turn = await _turns.TakeAsync([name], cancel);
        var volume = Find(name);
        if (!volume.Users.IsEmpty) throw SkeinException.Conflict($"remove {name}: volume is in use - [{string.Join(", ", volume.Users)}]");
        await Task.Run(() => Remove(volume), cancel);
    }

    public Task<long> SizeAsync(string name, CancellationToken cancel) => Task.Run(() => FileTree.Size(folders.DataOf(name), cancel), cancel);

    /// <summary>At the start: what is there, and what a crash has left half way. May be repeated.</summary>
    public void Open()
    {
        if (!Directory.Exists(folders.Root)) return;
        foreach (var folder in Directory.EnumerateDirectories(folders.Root).ToList())
        {
            if (HiddenFolders.IsHidden(folder)) RemoveHidden(folder);
            else if (TryFind(Path.GetFileName(folder)) is null) Put(VolumeFile.Read(folder));
        }
    }

    /// <summary>A container that was there before the daemon, and has these.</summary>
    public void Note(string containerId, IEnumerable<Mount> mounts)
    {
        foreach (var name in VolumeFolders.NamesOf(containerId, mounts))
        {
            if (TryFind(name) is { } volume) Put(volume with { Users = volume.Users.Add(containerId) });
        }
    }

    /// <summary>After the last <see cref="Note"/>: what is mounted for containers that are no more.</summary>
    public void UnmountUnused()
    {
        foreach (var volume in List().Where(volume => volume.IsDevice && volume.Users.IsEmpty)) VolumeDevice.Unmount(folders.DataOf(volume.Name));
    }

    /// <summary>The container has these from now on: those that are not there are made, and what belongs on them is mounted. May be repeated.</summary>
    public async Task TakeAsync(string containerId, IEnumerable<Mount> mounts, CancellationToken cancel)
    {
        foreach (var mount in VolumeFolders.In(mounts))
        {
            if (mount.VolumeDriver is not ("" or "local")) throw SkeinException.NotFound(VolumeOptions.NoDriver(mount.VolumeDriver));
            var name = VolumeFolders.NameOf(containerId, mount);
            VolumeFolders.CheckName(name);
            VolumeOptions.Check(mount.VolumeDriverOptions);
            using var turn = await _turns.TakeAsync([name], cancel);
            var volume = Take(containerId, name, mount);
            var data = folders.DataOf(name);
            if (volume.IsDevice && !MountPoint.IsMounted(data)) await Task.Run(() => VolumeDevice.Mount(volume, data), cancel);
        }
    }

    /// <summary>The container is no more.</summary>
    /// <param name="withUnnamed">Those without a name go with it, unless another container has them by now.</param>
    public async Task ReleaseAsync(string containerId, IEnumerable<Mount> mounts, bool withUnnamed)
    {
        foreach (var mount in VolumeFolders.In(mounts))
        {
            var name = VolumeFolders.NameOf(containerId, mount);
            using var turn = await _turns.TakeAsync([name], CancellationToken.None);
            if (TryFind(name) is not { } volume) continue;
            volume = volume with { Users = volume.Users.Remove(containerId) };
            Put(volume);
            if (!volume.Users.IsEmpty) continue;
            if (volume.IsDevice) VolumeDevice.Unmount(folders.DataOf(name));
            if (withUnnamed && mount.Source.Length == 0) await Task.Run(() => TryRemove(volume));
        }
    }

    private VolumeRecord Take(string containerId, string name, Mount mount)
    {
        var (unnamed, given) = (mount.Source.Length == 0, mount.VolumeDriverOptions);
        IReadOnlyDictionary<string, string>? labels = unnamed ? WithoutName(mount.VolumeLabels) : mount.VolumeLabels.Count > 0 ? mount.VolumeLabels : null;
        var volume = TryFind(name) ?? Make(name, given.Count > 0 ? given : null, labels, durable: !unnamed);
        // Options that were given before stand for who gives none.
        if (given.Count > 0 && !volume.HasOptions(given))
        {
            if (volume.Users.Any(user => user != containerId)) throw SkeinException.Conflict($"volume {name} is in use here with other options");
            VolumeDevice.Unmount(folders.DataOf(name));
            volume = volume with { Options = given.ToDictionary() };
            VolumeFile.Write(folders.FolderOf(name), volume, durable: true);
        }
        volume = volume with { Users = volume.Users.Add(containerId) };
        Put(volume);
        // One that somebody has taken away by hand; its data is gone, the container starts all the same.
        Directory.CreateDirectory(folders.DataOf(name));
        return volume;
    }

    private VolumeRecord Make(
        string name, IReadOnlyDictionary<string, string>? options, IReadOnlyDictionary<string, string>? labels, bool durable)
    {
        var volume = new VolumeRecord(name, time.GetUtcNow(), options?.ToDictionary(), labels?.ToDictionary());
        // One that somebody has put there by hand.
        var folder = folders.FolderOf(name);
        var made = Directory.Exists(folder) ? folder : _hidden.Next();
        try
        {
            Directory.CreateDirectory(Path.Combine(made, VolumeFolders.Data));
            VolumeFile.Write(made, volume, durable);
            if (made != folder) Directory.Move(made, folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (made != folder) RemoveHidden(made);
            throw new SkeinException(ErrorKind.Internal, $"create {name}: {error.Message}", error);
        }
        Put(volume);
        _events.Publish(new(time.GetUtcNow(), "create", name));
        return volume;
    }

    private void Remove(VolumeRecord volume)
    {
        var folder = folders.FolderOf(volume.Name);
        if (volume.IsDevice) VolumeDevice.Unmount(folders.DataOf(volume.Name));
        // What somebody has mounted in it is not the volume's own, and must not go with it.
        if (MountTable.Under(folder) is [var inside, ..])
            throw SkeinException.Conflict($"remove {volume.Name}: {inside.Source} is mounted on {inside.Target}");
        var gone = _hidden.Next();
        if (Directory.Exists(folder)) Directory.Move(folder, gone);
        lock (_table) _volumes.Remove(volume.Name);
        _events.Publish(new(time.GetUtcNow(), "destroy", volume.Name));
        RemoveHidden(gone);
    }

    private void TryRemove(VolumeRecord volume)
    {
        try
        {
            Remove(volume);
        }
        catch (Exception error) when (error is SkeinException or IOException or UnauthorizedAccessException)
        {
            LogLeft(volume.Name, error.Message);
        }
    }

    /// <summary>
    /// What cannot be removed now is met by the next start: it is no volume any more. A file that a privileged container has made
    /// immutable keeps no daemon from starting.
    /// </summary>
    private void RemoveHidden(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) HiddenFolders.Remove(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogLeft(folder, error.Message);
        }
    }

    private VolumeRecord? TryFind(string name)
    {
        lock (_table) return _volumes.GetValueOrDefault(name);
    }

    private void Put(VolumeRecord volume)
    {
        lock (_table) _volumes[volume.Name] = volume;
    }

    private static Dictionary<string, string> WithoutName(IEnumerable<KeyValuePair<string, string>>? labels) =>
        new(labels ?? []) { [VolumeRecord.AnonymousLabel] = "" };

    [LoggerMessage(3230, LogLevel.Warning, "volume {Name} is left behind: {Reason}")]
    private partial void LogLeft(string name, string reason);
}
