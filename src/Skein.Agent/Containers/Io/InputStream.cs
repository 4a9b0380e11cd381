namespace Skein.Agent.Containers.Io;

/// <summary>The writing end of an <see cref="InputRun"/>; closing it is the process's end of file, unless it has a terminal.</summary>
internal sealed class InputStream(InputRun run, bool closesInput) : Stream
{
    private int closed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        run.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        run.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("written asynchronously only");

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
