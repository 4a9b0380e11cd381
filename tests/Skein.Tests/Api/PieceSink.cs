namespace Skein.Tests.Api;

/// <summary>An input that takes everything and notes in which pieces.</summary>
internal sealed class PieceSink : MemoryStream
{
    public long Total { get; private set; }

    public int Largest { get; private set; }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Total += buffer.Length;
        Largest = Math.Max(Largest, buffer.Length);
        return ValueTask.CompletedTask;
    }
}
