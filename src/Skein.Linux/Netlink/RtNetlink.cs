using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Namespaces;

namespace Skein.Linux.Netlink;

/// <summary>
/// rtnetlink of one namespace. Calls wait for the kernel, which answers within microseconds, or a few milliseconds when a
/// device is made or removed; one call at a time per connection.
/// </summary>
/// <remarks>
/// Acknowledgements come in the same socket buffer as everything else: a batch of 500 once hung because the buffer had
/// overflowed and acknowledgements were lost. So at most <see cref="Window"/> messages are sent before theirs are read.
/// </remarks>
public sealed partial class RtNetlink : IDisposable
{
    private const int Window = 64;
    private const int BufferBytes = 64 << 10;
    private const int ReceiveBufferBytes = 1 << 20;
    private const int TimeLimitSeconds = 10;
    private const int Attempts = 20;

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _socket;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private uint _sequence;

    private RtNetlink(SafeFileHandle socket) => _socket = socket;

    private delegate void Parse(ushort type, ReadOnlySpan<byte> payload);

    public static RtNetlink Open(NetworkNamespace space) => new(space.Run(OpenSocket));

    /// <summary>Of the calling thread's own namespace.</summary>
    public static RtNetlink OpenHere() => new(OpenSocket());

    /// <summary>Sends every change in order; later ones are sent also when an earlier one has failed.</summary>
    /// <exception cref="LinuxException">The first failure.</exception>
    public void Apply(NetlinkBatch batch)
    {
        LinuxException? first = null;
        Apply(batch, failure => first ??= failure);
        if (first is not null) throw first;
    }

    /// <summary>As <see cref="Apply(NetlinkBatch)"/>, telling each failure.</summary>
    public void Apply(NetlinkBatch batch, Action<LinuxException> failed)
    {
        lock (_lock)
        {
            for (var first = 0; first < batch.Count; first += Window) Send(batch, first, Math.Min(Window, batch.Count - first), failed);
        }
        batch.KeepNamespaces();
    }

    public void Dispose() => _socket.Dispose();

    private static SafeFileHandle OpenSocket()
    {
        var socket = NetlinkCalls.Open(ReceiveBufferBytes);
        NetlinkCalls.SetReceiveTimeout(socket, TimeLimitSeconds);
        return socket;
    }

    private void Send(NetlinkBatch batch, int first, int count, Action<LinuxException> failed)
    {
        var items = batch.Items;
        var start = items[first].Start;
        var window = new byte[items[first + count - 1].End - start];
        batch.Writer.Written.Slice(start, window.Length).CopyTo(window);
        var firstSequence = _sequence + 1;
        for (var i = 0; i < count; i++) MemoryMarshal.Write(window.AsSpan(items[first + i].Start - start + 8), ++_sequence);
        NetlinkCalls.Send(_socket, window, items[first].Operation);
        for (var missing = count; missing > 0;) missing -= ReadAcknowledgements(items, first, firstSequence, count, failed);
    }

    private int ReadAcknowledgements(IReadOnlyList<NetlinkBatch.Item> items, int first, uint firstSequence, int count, Action<LinuxException> failed)
    {
        var reader = new NetlinkMessageReader(_buffer.AsSpan(0, Receive(items[first].Operation)));
        var read = 0;
        while (reader.Read())
        {
            var at = unchecked(reader.Sequence - firstSequence);
            if (reader.Type != Rtnl.NLMSG_ERROR || at >= count) continue;
            read++;
            var item = items[first + (int)at];
            var errno = -ErrorNumber(reader.Payload);
            if (errno != 0 && errno != item.Accepted && errno != item.AlsoAccepted)
                failed(new LinuxException(item.Operation, errno, Explanation(reader.Flags, reader.Payload)));
        }
        return read;
    }

    /// <summary>Repeats a dump that the kernel calls inconsistent, or whose messages did not fit the socket's buffer.</summary>
    private List<T> Dump<T>(ushort type, int headerLength, byte family, Action<NetlinkWriter>? attributes, Func<ushort, ReadOnlySpan<byte>, T?> parse)
        where T : class
    {
        var found = new List<T>();
        lock (_lock)
        {
            for (var attempt = 1; ; attempt++)
            {
                found.Clear();
                if (TryDump(type, headerLength, family, attributes, (kind, payload) =>
                {
                    if (parse(kind, payload) is { } one) found.Add(one);
                })) return found;
                if (attempt == Attempts) throw new LinuxException($"dump of type {type} was interrupted {Attempts} times", Errno.EAGAIN);
            }
        }
    }

    private bool TryDump(ushort type, int headerLength, byte family, Action<NetlinkWriter>? attributes, Parse parse)
    {
        var sequence = ++_sequence;
        var writer = new NetlinkWriter();
        var message = writer.Begin(type, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_DUMP, sequence);
        writer.Fixed(headerLength)[0] = family;
        attributes?.Invoke(writer);
        writer.End(message);
        NetlinkCalls.Send(_socket, writer.Written, $"dump of type {type}");
        var consistent = true;
        while (true)
        {
            var length = NetlinkCalls.Receive(_socket, _buffer);
            if (length == -Errno.ENOBUFS) consistent = false;
            else if (length < 0) throw Failed($"dump of type {type}", -length);
            else if (ReadDump(_buffer.AsSpan(0, length), sequence, type, parse, ref consistent)) return consistent;
        }
    }

    /// <returns>Whether it was the dump's end.</returns>
    private static bool ReadDump(ReadOnlySpan<byte> bytes, uint sequence, ushort type, Parse parse, ref bool consistent)
    {
        var reader = new NetlinkMessageReader(bytes);
        while (reader.Read())
        {
            if (reader.Sequence != sequence) continue;
            if ((reader.Flags & Rtnl.NLM_F_DUMP_INTR) != 0 && reader.Type != Rtnl.NLMSG_ERROR) consistent = false;
            switch (reader.Type)
            {
                case Rtnl.NLMSG_NOOP:
                    break;
                case Rtnl.NLMSG_DONE or Rtnl.NLMSG_ERROR:
                    var errno = reader.Payload.Length >= 4 ? -ErrorNumber(reader.Payload) : 0;
                    if (errno != 0) throw new LinuxException($"dump of type {type}", errno, Explanation(reader.Flags, reader.Payload));
                    return true;
                default:
                    parse(reader.Type, reader.Payload);
                    break;
            }
        }
        return false;
    }

    private int Receive(string operation)
    {
        var length = NetlinkCalls.Receive(_socket, _buffer);
        return length >= 0 ? length : throw Failed(operation, -length);
    }

    private static LinuxException Failed(string operation, int errno) => errno == Errno.EAGAIN
        ? new LinuxException(operation, errno, $"the kernel did not answer within {TimeLimitSeconds} s")
        : new LinuxException(operation, errno);

    private static int ErrorNumber(ReadOnlySpan<byte> payload) => payload.Length >= 4
        ? MemoryMarshal.Read<int>(payload)
        : throw new NetlinkFormatException($"an acknowledgement of {payload.Length} bytes");

    /// <summary>The kernel's own words, from NETLINK_EXT_ACK.</summary>
    private static string? Explanation(ushort flags, ReadOnlySpan<byte> payload)
    {
        // s32 error, then the header of the message that failed; with CAP_ACK not its body.
        const int behindHeader = 4 + NetlinkMessageReader.HeaderLength;
        if ((flags & Rtnl.NLM_F_ACK_TLVS) == 0 || (flags & Rtnl.NLM_F_CAPPED) == 0 || payload.Length < behindHeader) return null;
        var attributes = new NetlinkAttributeReader(payload[behindHeader..]);
        while (attributes.Read())
        {
            if (attributes.Type == Rtnl.NLMSGERR_ATTR_MSG) return attributes.ExpectString();
        }
        return null;
    }
}
