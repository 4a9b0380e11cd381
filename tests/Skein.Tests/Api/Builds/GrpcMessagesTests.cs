using Skein.Agent.Streams;
using Skein.Api.Builds;
using Xunit;

namespace Skein.Tests.Api.Builds;

public class GrpcMessagesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public async Task A_message_is_as_long_as_it_says(int length)
    {
        var sent = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        using var body = new MemoryStream([.. Prefix(length), .. sent, 1, 2]);
        Assert.Equal(sent, await GrpcMessages.ReadAsync(body, Poll.Soon));
        Assert.Equal(length + 5, body.Position);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public async Task One_that_is_cut_is_none(int length)
    {
        using var body = new MemoryStream([.. Prefix(length), 1, 2]);
        await Assert.ThrowsAsync<EndOfStreamException>(() => GrpcMessages.ReadAsync(body, Poll.Soon));
    }

    /// <summary>25,600 calls may be open at once, each with five bytes.</summary>
    [Fact]
    public async Task What_is_only_announced_takes_no_memory()
    {
        await using var body = new SilentAfter(Prefix(16 << 20));
        using var stop = new CancellationTokenSource();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = GrpcMessages.ReadAsync(body, stop.Token);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static byte[] Prefix(int length) => [0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];

    private sealed class SilentAfter(byte[] said) : SequentialStream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_at == said.Length) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            var count = Math.Min(buffer.Length, said.Length - _at);
            said.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return count;
        }
    }
}
