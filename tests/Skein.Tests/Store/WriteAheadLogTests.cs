using System.Buffers.Binary;
using Google.Protobuf;
using Skein.Manager.Store;
using Xunit;

namespace Skein.Tests.Store;

public sealed class WriteAheadLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-wal-").FullName;

    public WriteAheadLogTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "member", "wal"));
        Directory.CreateDirectory(Path.Combine(_folder, "member", "snap"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_snapshot_counts_with_its_file_its_record_and_its_commit()
    {
        Assert.False(EtcdSnapshots.AreKept(_folder));
        File.WriteAllText(Path.Combine(_folder, "member", "snap", "0000000000000004-000000000000001f.snap"), "");
        Assert.False(EtcdSnapshots.AreKept(_folder));
        Log("0-0", Snapshot(0), Entry(10_000), State(commit: 30));
        Log("1-20", State(commit: 30), Snapshot(31));
        Assert.False(EtcdSnapshots.AreKept(_folder));
        Log("1-20", State(commit: 30), Snapshot(31), Entry(3), State(commit: 31));
        Assert.True(EtcdSnapshots.AreKept(_folder));
        File.Delete(Path.Combine(_folder, "member", "snap", "0000000000000004-000000000000001f.snap"));
        Assert.False(EtcdSnapshots.AreKept(_folder));
    }

    [Fact]
    public void What_is_half_written_is_not_read()
    {
        var whole = (byte[])[.. Snapshot(7), .. State(commit: 9)];
        for (var length = 0; length < whole.Length; length++)
        {
            var log = new WriteAheadLog();
            log.Read(new MemoryStream(whole[..length]));
            Assert.Equal(0ul, log.Committed);
        }
        var zeros = new WriteAheadLog();
        zeros.Read(new MemoryStream([.. whole, .. new byte[64]]));
        Assert.Equal((9ul, 7ul), (zeros.Committed, Assert.Single(zeros.Snapshots)));
    }

    private void Log(string name, params byte[][] frames) =>
        File.WriteAllBytes(Path.Combine(_folder, "member", "wal", name + ".wal"), [.. frames.SelectMany(frame => frame), .. new byte[512]]);

    private static byte[] Snapshot(ulong index) => Frame(5, Numbers((1, index), (2, 4)));

    private static byte[] State(ulong commit) => Frame(3, Numbers((1, 4), (2, 77), (3, commit)));

    private static byte[] Entry(int size) => Frame(2, new byte[size]);

    private static byte[] Numbers(params (int Field, ulong Value)[] numbers) => Written(output =>
    {
        foreach (var (field, value) in numbers)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteUInt64(value);
        }
    });

    /// <summary>As etcd's encoder: padded to eight bytes.</summary>
    private static byte[] Frame(ulong kind, byte[] content)
    {
        var record = Written(output =>
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteUInt64(kind);
            output.WriteTag(2, WireFormat.WireType.Varint);
            output.WriteUInt32(123_456);
            output.WriteTag(3, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        });
        var padding = (8 - record.Length % 8) % 8;
        var length = (uint)record.Length | (padding > 0 ? (0x80ul | (uint)padding) << 56 : 0);
        var frame = new byte[8 + record.Length + padding];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, length);
        record.CopyTo(frame, 8);
        return frame;
    }

    private static byte[] Written(Action<CodedOutputStream> write)
    {
        var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true)) write(output);
        return stream.ToArray();
    }
}
