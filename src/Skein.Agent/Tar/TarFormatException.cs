namespace Skein.Agent.Tar;

/// <summary>What was read is no tar, or one that is not read here; in the words of Go's archive/tar where it has some.</summary>
internal sealed class TarFormatException(string message) : IOException(message)
{
    public static TarFormatException Invalid() => new("archive/tar: invalid tar header");

    public static TarFormatException TooLong() => new("archive/tar: header field too long");

    public static TarFormatException Truncated() => new("unexpected EOF");

    public static TarFormatException Sparse() => new("archive/tar: a file of holes (tar --sparse) is not supported: pack it without that");
}
