using Skein.Agent.Streams;

namespace Skein.Agent.Containers.Io;

/// <summary>The writing end of an <see cref="InputRun"/>; closing it is the process's end of file, unless it has a terminal.</summary>
internal sealed class InputStream(InputRun run, bool closesInput) : SequentialStream
{
    private int closed;

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        run.WriteAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("written asynchronously only");

    public override async ValueTask DisposeAsync()
    {
        if (closesInput && Interlocked.Exchange(ref closed, 1) == 0)
            await run.CloseAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        // The end of file may have to wait for the process to start; nobody waits here for that.
        if (closesInput && Interlocked.Exchange(ref closed, 1) == 0)
            _ = run.CloseAsync();
        base.Dispose(disposing);
    }
}
