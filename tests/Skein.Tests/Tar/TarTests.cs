using System.Formats.Tar;
using System.Text;
using CsCheck;
using Skein.Agent.Tar;
using Xunit;

namespace Skein.Tests.Tar;

public sealed class TarTests
{
    // No zero, at which the kernel ends a name; else any bytes, also of no letter at all.
    private static readonly Gen<byte[]> s_name = Gen.OneOf(Gen.Byte[1, 255].Array[1, 300], Gen.Byte[(byte)'\n', (byte)'z'].Array[1, 120]);

    private static readonly Gen<TarHead> s_head =
        from kind in OneOf(TarKind.Plain, TarKind.HardLink, TarKind.Link, TarKind.Folder, TarKind.Pipe, TarKind.CharacterDevice)
        from name in s_name
        from link in s_name
        from mode in Gen.UInt[0, 0xfff]
        from ids in Gen.Select(Gen.UInt, Gen.UInt[0, 3_000_000])
        from modified in Gen.OneOf(Gen.Long[0, 2_000_000_000], Gen.Long[-1_000_000, 1L << 40])
        from attributes in Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Byte.Array[0, 60]).Array[0, 3]
        select new TarHead(kind, name)
        {
            LinkName = kind is TarKind.HardLink or TarKind.Link ? link : [],
            Mode = mode,
            User = ids.Item1,
            Group = ids.Item2,
            ModifiedSeconds = modified,
            Attributes = [.. attributes.Select(a => new TarAttribute(Encoding.ASCII.GetBytes(a.Item1), a.Item2))],
        };

    [Fact]
    public void Any_bytes_are_read_or_refused_by_one_exception()
    {
        Gen.Byte.Array[0, 2000].Sample(bytes => Survives(bytes), iter: 2_000);
        // Random bytes are no head: here whole ones are damaged, and get a sum that fits.
        Gen.Select(s_head, Gen.Select(Gen.Int[0, 511], Gen.Byte).Array[0, 8], Gen.Byte.Array[0, 1500]).Sample((head, damage, more) =>
        {
            var bytes = TarHeadWriter.Bytes(head);
            foreach (var start in Enumerable.Range(0, bytes.Length / TarBlock.Length))
            {
                var block = bytes.AsSpan(start * TarBlock.Length, TarBlock.Length);
                foreach (var (at, value) in damage) block[at] = value;
                Sum(block);
            }
            Survives([.. bytes, .. more]);
        }, iter: 5_000);
        // And records that nearly are some.
        Gen.Select(Gen.Int[0, 40], OneOf("path", "linkpath", "size", "uid", "mtime", "SCHILY.xattr.user.x", "GNU.sparse.map", "", "="), Gen.String[Gen.Char["-0123456789.\n= x\0"], 0, 20]).Array[1, 4]
            .Sample(records => Survives(WithRecords(Encoding.UTF8.GetBytes(string.Concat(records.Select(r => $"{r.Item1} {r.Item2}={r.Item3}\n"))))), iter: 5_000);
    }

    [Fact]
    public void What_is_written_is_read_back_byte_for_byte() => Gen.Select(s_head.Array[0, 4], Gen.Byte.Array[0, 1500]).Sample((heads, content) =>
    {
        var tar = new MemoryStream();
        foreach (var head in heads)
        {
            var size = head.Kind == TarKind.Plain ? content.Length : 0;
            tar.Write(TarHeadWriter.Bytes(head with { Size = size }));
            tar.Write(content.AsSpan(0, size));
            tar.Write(TarHeadWriter.GapAfter(size).Span);
        }
        tar.Write(TarHeadWriter.End.Span);
        tar.Position = 0;
        var input = new TarInput(tar);
        foreach (var head in heads)
        {
            var read = input.Next()!;
            Assert.Equal(Shown(head), Shown(read));
            if (head.Kind == TarKind.Plain) Assert.Equal(content, Content(input));
        }
        Assert.Null(input.Next());
    });

    /// <summary>.NET's own writer, in each form that it knows.</summary>
    [Theory]
    [InlineData(TarEntryFormat.V7, 90)]
    [InlineData(TarEntryFormat.Ustar, 90)]
    [InlineData(TarEntryFormat.Ustar, 150)]
    [InlineData(TarEntryFormat.Gnu, 300)]
    [InlineData(TarEntryFormat.Pax, 300)]
    public async Task Other_writers_are_understood(TarEntryFormat format, int length)
    {
        var name = string.Join('/', Enumerable.Repeat("0123456789", length / 11)) + "/é";
        var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            await writer.WriteEntryAsync(Entry(TarEntryType.Directory, "folder/"));
            var file = Entry(format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, name);
            (file.DataStream, file.Uid, file.Mode) = (new MemoryStream("text"u8.ToArray()), 1234567, UnixFileMode.UserRead);
            file.ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_234_567_890);
            await writer.WriteEntryAsync(file);
            var link = Entry(TarEntryType.SymbolicLink, "link");
            link.LinkName = length > 200 ? name : "there";
            await writer.WriteEntryAsync(link);
        }
        tar.Position = 0;
        var input = new TarInput(tar);
        Assert.Equal((TarKind.Folder, "folder/"), Kind(await input.NextAsync(Poll.Soon)));
        var head = await input.NextAsync(Poll.Soon);
        Assert.Equal((TarKind.Plain, name), Kind(head));
        Assert.Equal((1234567u, 0x100u, 1_234_567_890L, 4L), (head!.User, head.Mode, head.ModifiedSeconds, head.Size));
        var piece = new byte[10];
        Assert.Equal("text"u8.ToArray(), piece[..await input.ReadAsync(piece, Poll.Soon)]);
        head = await input.NextAsync(Poll.Soon);
        Assert.Equal((TarKind.Link, length > 200 ? name : "there"), (head!.Kind, Encoding.UTF8.GetString(head.LinkName)));
        Assert.Null(await input.NextAsync(Poll.Soon));

        TarEntry Entry(TarEntryType type, string named) => format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(type, named),
            TarEntryFormat.Ustar => new UstarTarEntry(type, named),
            TarEntryFormat.Gnu => new GnuTarEntry(type, named),
            _ => new PaxTarEntry(type, named),
        };
    }

    /// <summary>And .NET's own reader understands ours, where it can.</summary>
    [Fact]
    public void Other_readers_understand()
    {
        var name = new string('n', 200) + "é";
        var tar = new MemoryStream();
        tar.Write(TarHeadWriter.Bytes(new TarHead(TarKind.Plain, Encoding.UTF8.GetBytes(name)) { Size = 3, User = 3_000_000, Group = 7, Mode = 0x1a4, ModifiedSeconds = 1000 }));
        tar.Write("abc"u8);
        tar.Write(TarHeadWriter.GapAfter(3).Span);
        tar.Write(TarHeadWriter.Bytes(new TarHead(TarKind.CharacterDevice, "null"u8.ToArray()) { Major = 1, Minor = 3 }));
        tar.Write(TarHeadWriter.End.Span);
        tar.Position = 0;
        using var reader = new TarReader(tar);
        var file = reader.GetNextEntry(copyData: true)!;
        Assert.Equal((TarEntryType.RegularFile, name, 3_000_000, 7, 3L, 1000L), (file.EntryType, file.Name, file.Uid, file.Gid, file.Length, file.ModificationTime.ToUnixTimeSeconds()));
        var node = (PosixTarEntry)reader.GetNextEntry()!;
        Assert.Equal((TarEntryType.CharacterDevice, 1, 3), (node.EntryType, node.DeviceMajor, node.DeviceMinor));
        Assert.Null(reader.GetNextEntry());
    }

    [Theory]
    [InlineData("11 size=-1\n", "archive/tar: invalid tar header")]
    [InlineData("28 size=9223372036854775807\n", "archive/tar: invalid tar header")]
    [InlineData("10 path=\0\n", "archive/tar: invalid tar header")]
    [InlineData("9 path=x\nmore", "archive/tar: invalid tar header")]
    [InlineData("99 path=x\n", "archive/tar: invalid tar header")]
    [InlineData("22 GNU.sparse.major=1\n", "archive/tar: a file of holes (tar --sparse) is not supported: pack it without that")]
    public void What_is_hostile_is_refused(string records, string why) =>
        Assert.Equal(why, Assert.Throws<TarFormatException>(() => new TarInput(new MemoryStream(WithRecords(Encoding.UTF8.GetBytes(records)))).Next()).Message);

    [Fact]
    public void A_long_name_of_a_gigabyte_is_refused_before_it_is_read()
    {
        var head = TarHeadWriter.Bytes(new TarHead(TarKind.GnuLongName, "././@LongLink"u8.ToArray()) { Size = 1 << 30 });
        Assert.Equal("archive/tar: header field too long", Assert.Throws<TarFormatException>(() => new TarInput(new MemoryStream(head)).Next()).Message);
    }

    [Fact]
    public void A_tar_may_lack_its_end_but_not_what_it_has_begun()
    {
        byte[] head = TarHeadWriter.Bytes(new TarHead(TarKind.Plain, "x"u8.ToArray()) { Size = 600 }), content = new byte[1024];
        var input = new TarInput(new MemoryStream([.. head, .. content]));
        Assert.NotNull(input.Next());
        Assert.Null(input.Next());
        Assert.Equal("unexpected EOF", Assert.Throws<TarFormatException>(() => new TarInput(new MemoryStream(head[..500])).Next()).Message);
        input = new TarInput(new MemoryStream([.. head, .. content.AsSpan(0, 599)]));
        Assert.NotNull(input.Next());
        Assert.Equal("unexpected EOF", Assert.Throws<TarFormatException>(() => Content(input)).Message);
        var longName = TarHeadWriter.Bytes(new TarHead(TarKind.GnuLongName, "x"u8.ToArray()) { Size = 3 });
        Assert.Throws<TarFormatException>(() => new TarInput(new MemoryStream([.. longName, .. new byte[512]])).Next());
    }

    [Theory]
    [InlineData("1234567890.987654321", 1_234_567_890, 987_654_321)]
    [InlineData("-0.25", -1, 750_000_000)]
    [InlineData("-7", -7, 0)]
    [InlineData("1.0000000009", 1, 0)]
    public void Times_have_fractions_and_signs(string text, long seconds, uint nanoseconds) => Assert.Equal((seconds, nanoseconds), PaxTime.Read(Encoding.ASCII.GetBytes(text)));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static byte[] WithRecords(byte[] records)
    {
        var tar = new MemoryStream();
        tar.Write(TarHeadWriter.Bytes(new TarHead(TarKind.Records, "x"u8.ToArray()) { Size = records.Length }));
        tar.Write(records);
        tar.Write(TarHeadWriter.GapAfter(records.Length).Span);
        tar.Write(TarHeadWriter.Bytes(new TarHead(TarKind.Plain, "y"u8.ToArray())));
        return tar.ToArray();
    }

    private static void Survives(byte[] bytes)
    {
        try
        {
            var input = new TarInput(new MemoryStream(bytes));
            while (input.Next() is not null) _ = Content(input);
        }
        catch (TarFormatException)
        {
            // The one way to say no.
        }
    }

    private static byte[] Content(TarInput input)
    {
        var (content, piece) = (new MemoryStream(), new byte[333]);
        while (input.Read(piece) is > 0 and var count) content.Write(piece, 0, count);
        return content.ToArray();
    }

    private static void Sum(Span<byte> block)
    {
        block[148..156].Fill((byte)' ');
        var sum = 0;
        foreach (var value in block) sum += value;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(block[148..]);
    }

    private static (TarKind, string) Kind(TarHead? head) => (head!.Kind, Encoding.UTF8.GetString(head.Name));

    private static string Shown(TarHead head) => string.Join(' ', [
        head.Kind, Convert.ToHexString(head.Name), Convert.ToHexString(head.LinkName), head.Mode, head.User, head.Group, head.ModifiedSeconds,
        .. head.Attributes.Select(a => $"{Encoding.ASCII.GetString(a.Name)}={Convert.ToHexString(a.Value)}")]);
}
