using Skein.Agent.Containers.Logs;
using Skein.Linux.Pipes;

namespace Skein.Agent.Containers.Io;

/// <summary>
/// The standard streams of one container or exec: FIFOs towards the shim, a log and attached clients towards us. The shim
/// keeps its ends open while the daemon is away, so that a new daemon opens the same FIFOs and goes on.
/// </summary>
internal sealed class ProcessIo
{
    // Larger reads would cost memory for each of many quiet containers.
    private const int BufferBytes = 8 << 10;

    // More than the pipes between a process and us hold, also enlarged ones: what comes after that is a grandchild's.
    private const int LeftBytesMax = 4 << 20;

    private readonly bool tty;
    private readonly OutputHub? stdout;
    private readonly OutputHub? stderr;
    private readonly List<Task> pumps = [];
    private readonly List<Fifo> holds = [];
    private CancellationTokenSource giveUp = new();

    public ProcessIo(StdioPaths paths, bool tty)
    {
        this.tty = tty;
        Paths = paths;
        Input = paths.Stdin.Length > 0 ? new InputHub() : null;
        stdout = paths.Stdout.Length > 0 ? new OutputHub() : null;
        stderr = paths.Stderr.Length > 0 ? new OutputHub() : null;
    }

    public StdioPaths Paths { get; }

    public InputHub? Input { get; }

    /// <summary>Makes the FIFOs that are not there yet and begins to read; before the shim opens its ends.</summary>
    public void Open(PipePoller poller, ContainerLog? log)
    {
        foreach (var path in Paths.All)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Fifo.Create(path);
        }
        giveUp = new CancellationTokenSource();
        Read(poller, Paths.Stdout, LogStream.Stdout, stdout, log);
        Read(poller, Paths.Stderr, LogStream.Stderr, stderr, log);
    }

    /// <summary>
    /// Until <see cref="LetGo"/> no writer's end is the end of the output: a shim that dies in the midst of a start must not leave
    /// the next one without a reader, for which it would wait half a minute.
    /// </summary>
    public void Hold(PipePoller poller)
    {
        foreach (var path in new[] { Paths.Stdout, Paths.Stderr }.Where(path => path.Length > 0))
            holds.Add(Fifo.OpenWrite(poller, path));
    }

    public void LetGo()
    {
        foreach (var hold in holds)
            hold.Dispose();
        holds.Clear();
    }

    /// <param name="closesInput">Who is attached and closes his input closes that of the process, if it has no terminal.</param>
    public IContainerStreams Attach(Task<int> completion, bool output = true, bool errors = true, bool closesInput = true) => new AttachedStreams(
        Input?.Attach(closesInput && !tty),
        output ? stdout?.Attach() : null,
        errors ? stderr?.Attach() : null,
        tty,
        completion);

    /// <summary>
    /// After the process has ended: reads what is left, for at most this long (a grandchild may hold the stream open), then
    /// closes everything and removes the FIFOs. Who is attached reads the end when it gets to it.
    /// </summary>
    public async Task EndAsync(TimeSpan patience, TimeProvider time)
    {
        LetGo();
        stdout?.BeginEnding();
        stderr?.BeginEnding();
        try
        {
            await DrainAsync(patience, time);
        }
        catch (IOException)
        {
            // Output that cannot be had any more must not hide the end.
        }
        pumps.Clear();
        Input?.Reset();
        stdout?.Complete();
        stderr?.Complete();
        // After a boot not even their folder is there: File.Delete would call that an error.
        foreach (var path in Paths.All.Where(File.Exists))
            File.Delete(path);
    }

    private async Task DrainAsync(TimeSpan patience, TimeProvider time)
    {
        var drained = Task.WhenAll(pumps);
        try
        {
            await drained.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            await giveUp.CancelAsync();
            await drained;
        }
    }

    private void Read(PipePoller poller, string path, LogStream stream, OutputHub? hub, ContainerLog? log)
    {
        if (hub is not null)
            pumps.Add(PumpAsync(Fifo.OpenRead(poller, path), hub, log, stream, giveUp.Token));
    }

    private static async Task PumpAsync(Fifo fifo, OutputHub hub, ContainerLog? log, LogStream stream, CancellationToken giveUp)
    {
        var buffer = new byte[BufferBytes];
        var lines = log?.Splitter(stream);
        var left = LeftBytesMax;
        try
        {
            while (left > 0 && await fifo.ReadAsync(buffer, giveUp) is > 0 and var count)
            {
                if (hub.Ending)
                    left -= count;
                if (log is not null)
                    await log.CollectAsync(log.Append(lines!, buffer.AsSpan(0, count)), giveUp);
                await hub.PublishAsync(buffer.AsMemory(0, count));
            }
            if (log is not null)
                await log.CollectAsync(log.Finish(lines!), giveUp);
        }
        catch (OperationCanceledException)
        {
            // Given up by EndAsync, or the daemon leaves.
        }
        finally
        {
            fifo.Dispose();
        }
        // Of one that was given up, in the midst of a line perhaps: what is kept here is whole.
        log?.Finish(lines!);
    }
}
