using System.Buffers.Binary;
using Google.Protobuf;

namespace Skein.Manager.Store;

/// <summary>
/// etcd's log of its raft as far as it tells what a member begins with: which snapshots it names, and how far it is committed. Its format
/// is of 3.4 and 3.5 (wal/encoder.go, walpb/record.proto): frames of a length, with the count of padding in its uppermost byte, and a record.
/// </summary>
internal sealed class WriteAheadLog
{
    private const ulong StateRecord = 3;
    private const ulong SnapshotRecord = 5;
    private const ulong LengthMask = 0x00ff_ffff_ffff_ffff;

    /// <summary>No record of these kinds has more; an entry's is not read.</summary>
    private const int MostBytes = 4096;

    private readonly List<ulong> _snapshots = [];

    /// <summary>Indices, in their order.</summary>
    public IReadOnlyList<ulong> Snapshots => _snapshots;

    public ulong Committed { get; private set; }

    /// <summary>Reads one more file, up to what is being written.</summary>
    public void Read(Stream file)
    {
        Span<byte> header = stackalloc byte[sizeof(ulong)];
        while (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length)
        {
            var field = BinaryPrimitives.ReadUInt64LittleEndian(header);
            var length = (long)(field & LengthMask);
            var padding = (long)(field >> 63) * (long)((field >> 56) & 7);
            // What is preallocated is zero.
            if (length == 0 || file.Position + length + padding > file.Length) return;
            var next = file.Position + length + padding;
            if (length <= MostBytes)
            {
                var record = new byte[length];
                file.ReadExactly(record);
                Note(record);
            }
            file.Position = next;
        }
    }

    private void Note(byte[] record)
    {
        var (kind, content) = RecordOf(record);
        if (kind == StateRecord) Committed = NumberOf(content, field: 3);
        else if (kind == SnapshotRecord) _snapshots.Add(NumberOf(content, field: 1));
    }

    private static (ulong Kind, byte[] Content) RecordOf(byte[] record)
    {
        var (kind, content) = (0ul, Array.Empty<byte>());
        var input = new CodedInputStream(record);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == 1) kind = input.ReadUInt64();
            else if (WireFormat.GetTagFieldNumber(tag) == 3) content = input.ReadBytes().ToByteArray();
            else input.SkipLastField();
        }
        return (kind, content);
    }

    private static ulong NumberOf(byte[] content, int field)
    {
        var found = 0ul;
        var input = new CodedInputStream(content);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field) found = input.ReadUInt64();
            else input.SkipLastField();
        }
        return found;
    }
}
