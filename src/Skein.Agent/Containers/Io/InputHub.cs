using Skein.Linux.Pipes;

namespace Skein.Agent.Containers.Io;

/// <summary>The standard input of a process, and of the one that is started after it: a client belongs to the run it was attached to.</summary>
internal sealed class InputHub
{
    private volatile InputRun run = new();

    public InputStream Attach(bool closesInput) => new(run, closesInput);

    /// <param name="close">Tells the runtime to let go of its own writing end: the process reads its end of file only then.</param>
    public void Open(PipePoller poller, string path, Func<Task> close, TimeProvider time) => run.Open(poller, path, close, time);

    /// <summary>The process has ended; the next one's input is waited for anew.</summary>
    public void Reset() => Interlocked.Exchange(ref run, new InputRun()).End();
}
