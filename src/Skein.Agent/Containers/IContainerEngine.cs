using System.Threading.Channels;
using Skein.Agent.Containers.Archive;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Stats;
using Skein.Agent.Containers.Volumes;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>
/// Containers on this host, in Docker's terms, run by containerd. A container is found by id, name or unique id
/// prefix; errors are SkeinException with Docker's words ("No such container: x").
/// </summary>
public interface IContainerEngine
{
    /// <summary>containerd's version and the commit it was built from; null while it does not answer.</summary>
    Task<(string Version, string Revision)?> RuntimeVersionAsync(CancellationToken cancel);

    /// <summary>Whether containers that are made now are under an AppArmor profile.</summary>
    bool UsesAppArmor { get; }

    IVolumes Volumes { get; }

    HostCgroups Cgroups { get; }

    IReadOnlyList<ContainerRecord> List();

    ContainerRecord Find(string idOrName);

    /// <summary>Makes root filesystem and record; needs the image to be here. The namespace path may be given now or at start.</summary>
    Task<ContainerRecord> CreateAsync(ContainerDefinition definition, CancellationToken cancel);

    Task StartAsync(string id, CancellationToken cancel);

    /// <param name="linked">Variables of this start alone; those of the image and of its definition come before.</param>
    Task StartAsync(string id, IReadOnlyList<string> linked, CancellationToken cancel);

    /// <param name="contents">Of the secrets and configs that its spec refers to, by their ids; only its task has them.</param>
    Task StartAsync(string id, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents, CancellationToken cancel);

    /// <summary>The exit code, when the container stops; at once when it is not running.</summary>
    Task<int> WaitAsync(string id, CancellationToken cancel);

    /// <summary>The same, but one that is about to be started again counts as running.</summary>
    Task<int> WaitAtRestAsync(string id, CancellationToken cancel);

    /// <summary>The exit code, when it next stops, be it running now or not; when it is removed before, that of its last run.</summary>
    Task<int> WaitNextAsync(string id, CancellationToken cancel);

    /// <summary>The exit code of its last run, when it is removed.</summary>
    Task<int> WaitRemovedAsync(string id, CancellationToken cancel);

    /// <summary>Stop signal, then SIGKILL after the grace period (null = the container's own).</summary>
    Task StopAsync(string id, TimeSpan? grace, string? signal, CancellationToken cancel);

    Task KillAsync(string id, string signal, CancellationToken cancel);

    /// <summary>Whether a signal means the container's end: SIGKILL, and its own stop signal.</summary>
    bool Ends(string id, string signal);

    /// <summary>An event of it that others know of: restart, commit.</summary>
    void Announce(string id, string action, params ReadOnlySpan<(string Name, string Value)> extra);

    Task PauseAsync(string id, CancellationToken cancel);

    Task UnpauseAsync(string id, CancellationToken cancel);

    Task RenameAsync(string id, string name, CancellationToken cancel);

    /// <param name="change">Gives it other limits and another restart policy; all else is as it was.</param>
    Task<ContainerDefinition> UpdateAsync(string id, Func<ContainerDefinition, ContainerDefinition> change, CancellationToken cancel);

    /// <summary>Gives it other networks; what runs is not touched, and nothing is announced.</summary>
    /// <param name="definition">Its networks count, and nothing else of it.</param>
    Task RedefineAsync(ContainerDefinition definition, CancellationToken cancel);

    /// <summary>A user's container, while it does not run.</summary>
    Task NoteLifeAsync(string id, ContainerStanding standing, CancellationToken cancel);

    /// <summary>What it needs of its owner could not be made: it shows that as it shows a start that the runtime refused.</summary>
    Task NoteFailedStartAsync(string id, string reason, CancellationToken cancel);

    /// <summary>Who says, in the moment that a container's process has ended, what is to be known of it together with that.</summary>
    /// <param name="verdict">From its id, the exit code and how long it ran; null of one that is not its own. Called under the container's gate, and must not wait.</param>
    void Govern(Func<string, int, TimeSpan, ContainerStanding?> verdict);

    /// <param name="volumesToo">Those without a name go with it, as far as no other container has them.</param>
    Task RemoveAsync(string id, bool force, bool volumesToo, CancellationToken cancel);

    /// <summary>Bytes that it has written into its own layer.</summary>
    Task<long> WrittenAsync(string id, CancellationToken cancel);

    /// <summary>What there is at a path in its root, a link itself.</summary>
    Task<PathStat> StatPathAsync(string id, KernelPath path, CancellationToken cancel);

    /// <summary>The same with all below it, as a tar.</summary>
    /// <param name="begin">Gives the stream, which is written to as a whole thread's work.</param>
    Task ReadArchiveAsync(string id, KernelPath path, Func<PathStat, Stream> begin, CancellationToken cancel);

    /// <summary>Its root as a tar, without what is mounted into it.</summary>
    Task ExportAsync(string id, Func<Stream> begin, CancellationToken cancel);

    /// <param name="tar">Read as a whole thread's work.</param>
    /// <param name="keepKinds">A folder is not replaced by anything else, nor the other way round.</param>
    /// <param name="ownersOfContainer">All of it belongs to the container's user, if it has one, whatever the tar says.</param>
    Task WriteArchiveAsync(string id, KernelPath path, Stream tar, bool keepKinds, bool ownersOfContainer, CancellationToken cancel);

    /// <summary>What it has made of its image.</summary>
    Task<IReadOnlyList<PathChange>> ChangesAsync(string id, CancellationToken cancel);

    /// <summary>Work on its layers as they are; one that does not run is not started meanwhile.</summary>
    /// <param name="pause">One that runs is paused meanwhile.</param>
    /// <param name="work">Given the folders, its own first, and whether it is there still: it may be removed while it runs.</param>
    Task<T> ReadLayersAsync<T>(string id, bool pause, Func<IReadOnlyList<string>, Func<bool>, Task<T>> work, CancellationToken cancel);

    Task ResizeAsync(string id, uint height, uint width, CancellationToken cancel);

    Task<IContainerStreams> AttachAsync(string id, CancellationToken cancel);

    Task<ExecRecord> CreateExecAsync(string id, ExecDefinition definition, CancellationToken cancel);

    ExecRecord FindExec(string execId);

    /// <summary>Starts it; the streams end when its process has ended and its output was read.</summary>
    Task<IContainerStreams> StartExecAsync(string execId, uint? height, uint? width, CancellationToken cancel);

    /// <summary>SIGKILL to its process, if it still runs.</summary>
    Task KillExecAsync(string execId, CancellationToken cancel);

    /// <summary>What its health check finds in the run that is, change by change; ends with the run, at once without a check.</summary>
    IAsyncEnumerable<HealthVerdict> WatchHealthAsync(string id, CancellationToken cancel);

    Task ResizeExecAsync(string execId, uint height, uint width, CancellationToken cancel);

    IAsyncEnumerable<ContainerLogLine> ReadLogsAsync(string id, LogQuery query, CancellationToken cancel);

    /// <summary>What the log driver's options take of the container along with each line: labels, variables, a tag.</summary>
    IReadOnlyDictionary<string, string> LogAttributesOf(string id);

    /// <summary>Processes with host pids, as `ps` with these arguments shows them.</summary>
    Task<(IReadOnlyList<string> Titles, IReadOnlyList<IReadOnlyList<string>> Processes)> TopAsync(string id, string psArgs, CancellationToken cancel);

    /// <summary>What it has used so far; null when it does not run.</summary>
    ContainerStats? ReadStats(string id);

    /// <summary>create, start, die, destroy, kill, stop, exec_create, exec_start, exec_die, … as Docker's events; complete the reader to leave.</summary>
    ChannelReader<ContainerEvent> Subscribe(CancellationToken cancel);
}
