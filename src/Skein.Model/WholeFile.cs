namespace Skein.Model;

/// <summary>
/// A file that is replaced whole: written beside and renamed. A disk that is full, a kill or a crash of the daemon leaves the
/// old content or the new one, never a part, and nothing beside it that would keep space from others.
/// </summary>
public static class WholeFile
{
    /// <param name="durable">
    /// Waits for the disk, so that a power cut, too, leaves one or the other. Without it the file may be empty after one.
    /// </param>
    /// <exception cref="IOException">It could not be written; the old content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool durable)
    {
        var beside = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        try
        {
            using (var file = new FileStream(beside, options))
            {
                file.Write(content);
                if (durable) file.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
