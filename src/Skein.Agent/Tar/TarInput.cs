namespace Skein.Agent.Tar;

/// <summary>A tar that is read from front to back: head by head, and the bytes behind each.</summary>
internal sealed class TarInput(Stream tar)
{
    private readonly TarHeadReader _heads = new();
    private byte[] _buffer = new byte[TarBlock.Length];
    private long _content;
    private long _gap;

    /// <summary>What the entry before had and nobody has read is left behind.</summary>
    /// <returns>null at the end.</returns>
    /// <exception cref="TarFormatException"/>
    public TarHead? Next()
    {
        for (var left = Leave(); left > 0;)
        {
            var count = tar.Read(Room(left));
            left -= count > 0 ? count : throw TarFormatException.Truncated();
        }
        while (_heads.Wanted is > 0 and var wanted)
        {
            var count = tar.ReadAtLeast(Room(wanted), wanted, throwOnEndOfStream: false);
            if (IsEnd(count, wanted)) return null;
            if (_heads.Take(_buffer.AsSpan(0, wanted)) is { } head) return Begin(head);
        }
        return null;
    }

    /// <inheritdoc cref="Next"/>
    public async ValueTask<TarHead?> NextAsync(CancellationToken cancel)
    {
        for (var left = Leave(); left > 0;)
        {
            var count = await tar.ReadAsync(RoomOnHeap(left), cancel);
            left -= count > 0 ? count : throw TarFormatException.Truncated();
        }
        while (_heads.Wanted is > 0 and var wanted)
        {
            var count = await tar.ReadAtLeastAsync(RoomOnHeap(wanted), wanted, throwOnEndOfStream: false, cancel);
            if (IsEnd(count, wanted)) return null;
            if (_heads.Take(_buffer.AsSpan(0, wanted)) is { } head) return Begin(head);
        }
        return null;
    }

    /// <summary>Of the entry whose head was read last.</summary>
    /// <returns>0 at its end.</returns>
    /// <exception cref="TarFormatException">The tar ends before it.</exception>
    public int Read(Span<byte> to) => Count(to.Length, tar.Read(to[..Most(to.Length)]));

    /// <inheritdoc cref="Read"/>
    public async ValueTask<int> ReadAsync(Memory<byte> to, CancellationToken cancel) => Count(to.Length, await tar.ReadAsync(to[..Most(to.Length)], cancel));

    private int Most(int room) => (int)Math.Min(room, _content);

    private int Count(int room, int count)
    {
        if (count == 0 && Most(room) > 0) throw TarFormatException.Truncated();
        _content -= count;
        return count;
    }

    private TarHead Begin(TarHead head)
    {
        (_content, _gap) = (head.Size, TarHeadReader.Padded(head.Size) - head.Size);
        return head;
    }

    private long Leave()
    {
        var left = _content + _gap;
        (_content, _gap) = (0, 0);
        return left;
    }

    private bool IsEnd(int count, int wanted) =>
        count < wanted && (count == 0 && _heads.MayEnd ? true : throw TarFormatException.Truncated());

    private Span<byte> Room(long wanted) => RoomOnHeap(wanted).Span;

    /// <summary>No more than a head may have: what is left behind goes through it in pieces.</summary>
    private Memory<byte> RoomOnHeap(long wanted)
    {
        var length = (int)Math.Min(wanted, TarHeadReader.WantedMax);
        if (_buffer.Length < length) _buffer = new byte[length];
        return _buffer.AsMemory(0, length);
    }
}
