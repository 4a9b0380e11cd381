using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Skein.Managing;

/// <summary>
/// What the web server reads its sockets into. Its own blocks are of 4 KiB, so that 200 MB into a container were 102,000 reads of 2 KiB.
/// These are large while few are out, which is where bytes are many; with thousands of connections, each block is as small as before.
/// </summary>
internal sealed class SocketMemory : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int SmallLength = 4 << 10;
    private const int LargeLength = 64 << 10;
    private const int LargeMost = 32;
    private const int SmallKept = 1024;

    private readonly ConcurrentQueue<byte[]> _large = [];
    private readonly ConcurrentQueue<byte[]> _small = [];
    private int _largeOut;

    public override int MaxBufferSize => LargeLength;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, LargeLength);
        if (Interlocked.Increment(ref _largeOut) <= LargeMost || minBufferSize > SmallLength) return new Block(this, Take(_large, LargeLength));
        Interlocked.Decrement(ref _largeOut);
        return new Block(this, Take(_small, SmallLength));
    }

    protected override void Dispose(bool disposing)
    {
    }

    // Pinned once, and not by each read.
    private static byte[] Take(ConcurrentQueue<byte[]> kept, int length) =>
        kept.TryDequeue(out var block) ? block : GC.AllocateUninitializedArray<byte>(length, pinned: true);

    private void Return(byte[] block)
    {
        if (block.Length == SmallLength)
        {
            if (_small.Count < SmallKept) _small.Enqueue(block);
            return;
        }
        if (Interlocked.Decrement(ref _largeOut) < LargeMost) _large.Enqueue(block);
    }

    private sealed class Block(SocketMemory pool, byte[] bytes) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = bytes;

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } returned) pool.Return(returned);
        }
    }
}
