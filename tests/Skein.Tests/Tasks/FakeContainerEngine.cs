using System.Collections.Concurrent;
using System.Threading.Channels;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Archive;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Volumes;
using Skein.Linux.Files;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Tasks;

/// <summary>Containers without processes: a test says when one ends.</summary>
internal sealed class FakeContainerEngine : IContainerEngine
{
    private readonly ConcurrentDictionary<string, ContainerRecord> _records = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<int>> _exits = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    public string? StartError { get; set; }

    /// <summary>What becomes of the next calls, before they succeed.</summary>
    public ConcurrentQueue<Exception> Troubles { get; } = new();

    public void Put(ContainerDefinition definition, ContainerStatus status, int exitCode = 0)
    {
        _records[definition.Id] = new ContainerRecord(
            definition, new ContainerState(status, status == ContainerStatus.Running ? 42u : 0, exitCode, false, "", null, null), DateTimeOffset.UnixEpoch);
        if (status == ContainerStatus.Running) _exits[definition.Id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Exit(string id, int code)
    {
        Put(_records[id].Definition, ContainerStatus.Exited, code);
        _exits[id].TrySetResult(code);
    }

    public bool UsesAppArmor => false;

    public IVolumes Volumes { get; } = new VolumeStore(
        new(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())), TimeProvider.System, new CryptoIdSource(), NullLogger.Instance);

    public HostCgroups Cgroups => new(Unified: false, LimitsSwap: true);

    public IReadOnlyList<ContainerRecord> List() => [.. _records.Values];

    public ContainerRecord Find(string idOrName) => _records.GetValueOrDefault(idOrName) ?? throw SkeinException.NotFound($"No such container: {idOrName}");

    public Task<ContainerRecord> CreateAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        Calls.Enqueue("create");
        if (Troubles.TryDequeue(out var trouble)) throw trouble;
        Put(definition, ContainerStatus.Created);
        return Task.FromResult(Find(definition.Id));
    }

    public Task StartAsync(string id, IReadOnlyList<string> linked, CancellationToken cancel) => StartAsync(id, cancel);

    /// <summary>What the last start was given.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Contents { get; private set; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    public Task StartAsync(string id, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents, CancellationToken cancel)
    {
        Contents = contents;
        return StartAsync(id, cancel);
    }

    public Task StartAsync(string id, CancellationToken cancel)
    {
        Calls.Enqueue("start");
        if (Troubles.TryDequeue(out var trouble)) throw trouble;
        if (StartError is not null) throw new SkeinException(ErrorKind.Internal, StartError);
        Put(Find(id).Definition, ContainerStatus.Running);
        return Task.CompletedTask;
    }

    public Task<int> WaitAsync(string id, CancellationToken cancel) =>
        _exits.TryGetValue(id, out var exit) ? exit.Task.WaitAsync(cancel) : Task.FromResult(Find(id).State.ExitCode);

    public Task<int> WaitNextAsync(string id, CancellationToken cancel) => throw new NotSupportedException();

    public Task<int> WaitRemovedAsync(string id, CancellationToken cancel) => throw new NotSupportedException();

    public Task StopAsync(string id, TimeSpan? grace, string? signal, CancellationToken cancel)
    {
        Calls.Enqueue($"stop {grace?.TotalSeconds}");
        Exit(id, 143);
        return Task.CompletedTask;
    }

    /// <summary>What a removal waits for.</summary>
    public Func<CancellationToken, Task> BeforeRemoval { get; set; } = static _ => Task.CompletedTask;

    public async Task RemoveAsync(string id, bool force, bool volumesToo, CancellationToken cancel)
    {
        Calls.Enqueue("remove");
        await BeforeRemoval(cancel);
        if (!_records.TryRemove(id, out _)) throw SkeinException.NotFound($"No such container: {id}");
    }

    public Task<PathStat> StatPathAsync(string id, KernelPath path, CancellationToken cancel) => throw SkeinException.NotFound($"Could not find the file {path} in container {id}");

    public Task ReadArchiveAsync(string id, KernelPath path, Func<PathStat, Stream> begin, CancellationToken cancel) => throw SkeinException.NotFound($"Could not find the file {path} in container {id}");

    public Task ExportAsync(string id, Func<Stream> begin, CancellationToken cancel) => throw SkeinException.NotFound($"No such container: {id}");

    public Task WriteArchiveAsync(string id, KernelPath path, Stream tar, bool keepKinds, bool ownersOfContainer, CancellationToken cancel) => throw SkeinException.NotFound($"Could not find the file {path} in container {id}");

    public Task<IReadOnlyList<PathChange>> ChangesAsync(string id, CancellationToken cancel) => Task.FromResult<IReadOnlyList<PathChange>>([]);

    public bool Ends(string id, string signal) => throw new NotSupportedException();

    public void Announce(string id, string action, params ReadOnlySpan<(string Name, string Value)> extra) => Calls.Enqueue($"{action} {id}");

    public Task<T> ReadLayersAsync<T>(string id, bool pause, Func<IReadOnlyList<string>, Func<bool>, Task<T>> work, CancellationToken cancel)
    {
        Calls.Enqueue($"read layers of {id}{(pause ? ", paused" : "")}");
        return work(["/own", "/image"], () => true);
    }

    public Task PauseAsync(string id, CancellationToken cancel) => Task.CompletedTask;

    public Task UnpauseAsync(string id, CancellationToken cancel) => Task.CompletedTask;

    public Task RenameAsync(string id, string name, CancellationToken cancel) => Task.CompletedTask;

    public Task RedefineAsync(ContainerDefinition definition, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ContainerDefinition> UpdateAsync(string id, Func<ContainerDefinition, ContainerDefinition> change, CancellationToken cancel) => throw new NotSupportedException();

    public Task<int> WaitAtRestAsync(string id, CancellationToken cancel) => WaitAsync(id, cancel);

    public Task NoteLifeAsync(string id, ContainerStanding standing, CancellationToken cancel) => throw new NotSupportedException();

    public Task NoteFailedStartAsync(string id, string reason, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>No user's container ends here.</summary>
    public void Govern(Func<string, int, TimeSpan, ContainerStanding?> verdict)
    {
    }

    public Task KillAsync(string id, string signal, CancellationToken cancel) => throw new NotSupportedException();

    public Task<(string Version, string Revision)?> RuntimeVersionAsync(CancellationToken cancel) => Task.FromResult<(string, string)?>(null);

    public Skein.Agent.Containers.Stats.ContainerStats? ReadStats(string id) => throw new NotSupportedException();

    /// <summary>Too late: as of one that was removed meanwhile.</summary>
    public Task<long> WrittenAsync(string id, CancellationToken cancel) => throw SkeinException.NotFound($"No such container: {id}");

    public Task ResizeAsync(string id, uint height, uint width, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>What attaching and executing give.</summary>
    public IContainerStreams? Streams { get; set; }

    public Task<IContainerStreams> AttachAsync(string id, CancellationToken cancel) => Task.FromResult(Streams!);

    public Task<ExecRecord> CreateExecAsync(string id, ExecDefinition definition, CancellationToken cancel) => throw new NotSupportedException();

    public ExecRecord FindExec(string execId) =>
        new(execId, "c1", new ExecDefinition(["true"], [], "", "", false, false, true, true, false, ""), Running: false, ExitCode: null, Pid: 0);

    public Task<IContainerStreams> StartExecAsync(string execId, uint? height, uint? width, CancellationToken cancel) => Task.FromResult(Streams!);

    public Task KillExecAsync(string execId, CancellationToken cancel) => throw new NotSupportedException();

    public IAsyncEnumerable<HealthVerdict> WatchHealthAsync(string id, CancellationToken cancel) => AsyncEnumerable.Empty<HealthVerdict>();

    public Task ResizeExecAsync(string execId, uint height, uint width, CancellationToken cancel) => throw new NotSupportedException();

    public Func<string, LogQuery, CancellationToken, IAsyncEnumerable<ContainerLogLine>> Logs { get; set; } = (_, _, _) => throw new NotSupportedException();

    public IReadOnlyDictionary<string, string> LogAttributesOf(string id) => new Dictionary<string, string>();

    public IAsyncEnumerable<ContainerLogLine> ReadLogsAsync(string id, LogQuery query, CancellationToken cancel) => Logs(id, query, cancel);

    public Task<(IReadOnlyList<string> Titles, IReadOnlyList<IReadOnlyList<string>> Processes)> TopAsync(string id, string psArgs, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ChannelReader<ContainerEvent> Subscribe(CancellationToken cancel) => throw new NotSupportedException();
}
