using System.Globalization;
using Skein.Linux.Files;

namespace Skein.Agent.Tar;

/// <summary>
/// Puts an entry's head together out of the pieces that a tar has for it: a block, and before it GNU's for a long name or link, and
/// POSIX's extended head. It says how much it wants next and reads nothing itself.
/// </summary>
/// <remarks>
/// .NET's own reader takes names and values for UTF-8, which names need not be and capabilities are not, and refuses a value with a line's
/// end in it; others read names as any bytes, and have no word for attributes.
/// </remarks>
internal sealed class TarHeadReader
{
    /// <summary>Bytes of one long name or extended head, as in Go. A tar of some MB by gzip may say that it has 2 GB of them.</summary>
    private const int PieceMax = 1 << 20;

    /// <summary>What may be wanted at once, in bytes.</summary>
    public const int WantedMax = PieceMax;

    private static readonly byte[] s_attribute = "SCHILY.xattr."u8.ToArray();

    private TarKind _piece;
    private int _pieceSize;
    private bool _ending;
    private byte[]? _longName;
    private byte[]? _longLink;
    private byte[] _records = [];

    /// <summary>Bytes to be given next; 0 at the end of the tar.</summary>
    public int Wanted { get; private set; } = TarBlock.Length;

    /// <summary>Whether a tar may end where it stands, without the blocks that say so.</summary>
    public bool MayEnd => _pieceSize == 0 && _longName is null && _longLink is null && _records.Length == 0;

    /// <param name="bytes">As many as were wanted.</param>
    /// <returns>null while there is more to it, and at the end.</returns>
    /// <exception cref="TarFormatException"/>
    public TarHead? Take(ReadOnlySpan<byte> bytes)
    {
        if (_pieceSize > 0)
        {
            TakePiece(bytes[.._pieceSize]);
            return null;
        }
        var block = new TarBlock(bytes);
        if (block.IsEmpty)
        {
            if (!MayEnd) throw TarFormatException.Invalid();
            if (_ending) Wanted = 0;
            _ending = true;
            return null;
        }
        if (_ending) throw TarFormatException.Invalid();
        block.Check();
        if (block.Kind is not (TarKind.Records or TarKind.GlobalRecords or TarKind.GnuLongName or TarKind.GnuLongLink)) return Whole(block);
        var size = block.Size;
        if (size is < 0 or > PieceMax) throw TarFormatException.TooLong();
        (_piece, _pieceSize) = (block.Kind, (int)size);
        if (size > 0) Wanted = (int)Padded(size);
        return null;
    }

    /// <summary>Up to where the next head begins.</summary>
    public static long Padded(long size) => size + (-size & (TarBlock.Length - 1));

    private void TakePiece(ReadOnlySpan<byte> piece)
    {
        switch (_piece)
        {
            case TarKind.GnuLongName:
                _longName = UpToZero(piece);
                break;
            case TarKind.GnuLongLink:
                _longLink = UpToZero(piece);
                break;
            case TarKind.Records:
                _records = piece.ToArray();
                break;
        }
        (_pieceSize, Wanted) = (0, TarBlock.Length);
    }

    private TarHead Whole(TarBlock block)
    {
        var head = new TarHead(block.Kind, block.Name)
        {
            LinkName = block.LinkName,
            Mode = (uint)(block.Mode & FileStatus.PermissionBits),
            User = Id(block.User),
            Group = Id(block.Group),
            Size = block.Size,
            ModifiedSeconds = block.Modified,
            Major = Id(block.Major),
            Minor = Id(block.Minor),
        };
        head = With(head, _records);
        head = head with { Name = _longName is { Length: > 0 } name ? name : head.Name, LinkName = _longLink is { Length: > 0 } link ? link : head.LinkName };
        if (head.Kind == TarKind.Old) head = head with { Kind = head.Name.AsSpan().EndsWith("/"u8) ? TarKind.Folder : TarKind.Plain };
        (_longName, _longLink, _records) = (null, null, []);
        if (head.Kind == TarKind.GnuSparse) throw TarFormatException.Sparse();
        if (head.Size < 0 || head.Size > long.MaxValue - TarBlock.Length) throw TarFormatException.Invalid();
        return HasContent(head.Kind) ? head : head with { Size = 0 };
    }

    private static TarHead With(TarHead head, ReadOnlySpan<byte> records)
    {
        var attributes = new List<TarAttribute>();
        var reader = new PaxReader(records);
        while (reader.Read())
        {
            var key = reader.Key;
            var value = reader.Value;
            if (key.StartsWith(s_attribute)) attributes.Add(new(key[s_attribute.Length..].ToArray(), value.ToArray()));
            else if (key.StartsWith("GNU.sparse."u8)) throw TarFormatException.Sparse();
            // An empty one takes back what another head has said for all, which is not heard here.
            else if (!value.IsEmpty) head = With(head, key, value);
        }
        return attributes.Count > 0 ? head with { Attributes = attributes } : head;
    }

    private static TarHead With(TarHead head, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8)) return head with { Name = WithoutZero(value) };
        if (key.SequenceEqual("linkpath"u8)) return head with { LinkName = WithoutZero(value) };
        if (key.SequenceEqual("size"u8)) return head with { Size = Number(value) };
        if (key.SequenceEqual("uid"u8)) return head with { User = Id(Number(value)) };
        if (key.SequenceEqual("gid"u8)) return head with { Group = Id(Number(value)) };
        if (!key.SequenceEqual("mtime"u8)) return head;
        var (seconds, nanoseconds) = PaxTime.Read(value);
        return head with { ModifiedSeconds = seconds, ModifiedNanoseconds = nanoseconds };
    }

    private static bool HasContent(TarKind kind) => kind is not (
        TarKind.HardLink or TarKind.Link or TarKind.CharacterDevice or TarKind.BlockDevice or TarKind.Folder or TarKind.Pipe);

    private static byte[] UpToZero(ReadOnlySpan<byte> text) => text.IndexOf((byte)0) is >= 0 and var end ? text[..end].ToArray() : text.ToArray();

    private static byte[] WithoutZero(ReadOnlySpan<byte> text) => text.Contains((byte)0) ? throw TarFormatException.Invalid() : text.ToArray();

    private static long Number(ReadOnlySpan<byte> text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw TarFormatException.Invalid();

    private static uint Id(long number) => number is >= 0 and <= uint.MaxValue ? (uint)number : throw TarFormatException.Invalid();
}
