namespace Skein.Agent.Tar;

/// <summary>What an entry of a tar is: the flag in its head. Others come as the byte that they are.</summary>
internal enum TarKind : byte
{
    /// <summary>A file of V7's, or a folder, whose name has a slash at its end.</summary>
    Old = 0,
    Plain = (byte)'0',
    HardLink = (byte)'1',
    Link = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Folder = (byte)'5',
    Pipe = (byte)'6',
    Contiguous = (byte)'7',
    GnuLongLink = (byte)'K',
    GnuLongName = (byte)'L',
    GnuSparse = (byte)'S',
    GlobalRecords = (byte)'g',
    Records = (byte)'x',
}
