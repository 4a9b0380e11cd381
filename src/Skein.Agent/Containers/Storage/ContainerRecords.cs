using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skein.Agent.Containerd.Types;
using Skein.Model;

namespace Skein.Agent.Containers.Storage;

/// <summary>
/// Containers on disk, one file each, replaced as a whole: a crash leaves the old state or the new one. A state that was
/// not written in time is found again by asking containerd.
/// </summary>
internal sealed class ContainerRecords(ContainerEngineOptions options)
{
    private const string FileName = "container.pb";
    private const string Unfinished = "Unfinished";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public void Write(ContainerRecord record, IReadOnlyList<Containerd.Types.Mount> rootMounts, string stopSignal) =>
        Write(ToStored(record, rootMounts, stopSignal));

    /// <summary>Before anything is made for it: a daemon that finds no more than this knows what to take away.</summary>
    public void Begin(ContainerDefinition definition, DateTimeOffset now)
    {
        var stored = ToStored(new ContainerRecord(definition, ContainerState.New, now), [], "");
        stored.Status = Unfinished;
        Write(stored);
    }

    public static bool IsFinished(StoredContainer stored) => stored.Status != Unfinished;

    private void Write(StoredContainer stored)
    {
        var folder = options.ContainerFolder(stored.Definition.Id);
        if (!Directory.Exists(folder))
        {
            DataFolder.Ensure(options.ContainersFolder);
            DataFolder.Ensure(folder);
        }
        // Not durable: after a power cut no container runs any more, and three waits for the disk would slow every start.
        WholeFile.Write(Path.Combine(folder, FileName), stored.ToByteArray(), Mode, durable: false);
    }

    public void Delete(string id)
    {
        var folder = options.ContainerFolder(id);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>That of all containers, and of each.</summary>
    public IEnumerable<string> Folders() =>
        Directory.Exists(options.ContainersFolder) ? Directory.EnumerateDirectories(options.ContainersFolder).Prepend(options.ContainersFolder) : [];

    /// <summary>Every readable record; the ids of the others go to <paramref name="unreadable"/>.</summary>
    public IReadOnlyList<StoredContainer> ReadAll(Action<string, Exception> unreadable)
    {
        var found = new List<StoredContainer>();
        if (!Directory.Exists(options.ContainersFolder))
            return found;
        foreach (var folder in Directory.EnumerateDirectories(options.ContainersFolder))
        {
            try
            {
                found.Add(Parse(File.ReadAllBytes(Path.Combine(folder, FileName)), Path.GetFileName(folder)));
            }
            catch (Exception error) when (error is IOException or InvalidDataException or InvalidProtocolBufferException)
            {
                unreadable(Path.GetFileName(folder), error);
            }
        }
        return found;
    }

    private static StoredContainer Parse(byte[] bytes, string id)
    {
        if (FormerRecord.TryParse(bytes, id) is { Created: not null } former) return former;
        var stored = StoredContainer.Parser.ParseFrom(bytes);
        // A power cut may leave a file without its bytes, which reads as a message without fields.
        if (stored.Definition?.Id != id || stored.Created is null) throw new InvalidDataException($"{FileName} is cut short");
        return stored;
    }

    public static ContainerRecord ToRecord(StoredContainer stored) => new(
        stored.Definition,
        new ContainerState(
            System.Enum.TryParse<ContainerStatus>(stored.Status, out var status) ? status : ContainerStatus.Dead,
            stored.Pid,
            stored.ExitCode,
            stored.OomKilled,
            stored.Error,
            stored.StartedAt?.ToDateTimeOffset(),
            stored.FinishedAt?.ToDateTimeOffset()),
        stored.Created.ToDateTimeOffset())
    {
        ImageId = stored.ImageId,
        AppArmorProfile = stored.AppArmorProfile,
        RestartCount = stored.RestartCount,
        StoppedByUser = stored.StoppedByUser,
        EndedUnseen = stored.EndedUnseen,
        PausedByDaemon = stored.PausedByDaemon,
        Removal = stored.Removal switch
        {
            StoredRemoval.Alone => ContainerRemoval.Alone,
            StoredRemoval.WithVolumes => ContainerRemoval.WithVolumes,
            _ => null,
        },
    };

    public static IReadOnlyList<Containerd.Types.Mount> RootMounts(StoredContainer stored) =>
        [.. stored.RootMounts.Select(mount => new Containerd.Types.Mount { Type = mount.Type, Source = mount.Source, Options = { mount.Options } })];

    private static StoredContainer ToStored(ContainerRecord record, IReadOnlyList<Containerd.Types.Mount> rootMounts, string stopSignal)
    {
        var state = record.State;
        return new StoredContainer
        {
            Definition = record.Definition,
            Created = record.Created.ToTimestamp(),
            Status = state.Status.ToString(),
            Pid = state.Pid,
            ExitCode = state.ExitCode,
            OomKilled = state.OomKilled,
            Error = state.Error,
            StartedAt = state.StartedAt?.ToTimestamp(),
            FinishedAt = state.FinishedAt?.ToTimestamp(),
            RootMounts = { rootMounts.Select(mount => new StoredMount { Type = mount.Type, Source = mount.Source, Options = { mount.Options } }) },
            StopSignal = stopSignal,
            ImageId = record.ImageId,
            AppArmorProfile = record.AppArmorProfile,
            RestartCount = record.RestartCount,
            StoppedByUser = record.StoppedByUser,
            EndedUnseen = record.EndedUnseen,
            PausedByDaemon = record.PausedByDaemon,
            Removal = record.Removal switch
            {
                null => StoredRemoval.None,
                ContainerRemoval.Alone => StoredRemoval.Alone,
                _ => StoredRemoval.WithVolumes,
            },
        };
    }
}
