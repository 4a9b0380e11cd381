namespace Skein.Model.Identity;

/// <summary>A file that only its owner reads, replaced whole: after a power cut it holds the old content or the new.</summary>
public static class PrivateFile
{
    public static void Write(string path, ReadOnlySpan<byte> content) =>
        WholeFile.Write(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: true);
}
