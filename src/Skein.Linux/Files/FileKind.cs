namespace Skein.Linux.Files;

/// <summary>stat.h's S_IFMT bits.</summary>
public enum FileKind
{
    Mask = 0xf000,
    Pipe = 0x1000,
    CharacterDevice = 0x2000,
    Folder = 0x4000,
    BlockDevice = 0x6000,
    Plain = 0x8000,
    Link = 0xa000,
    Socket = 0xc000,
}
