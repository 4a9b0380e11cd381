using Google.Protobuf;
using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>The node's memory on disk. Written beside and renamed, so a power cut leaves the old or the new one, whole.</summary>
internal static class SessionFile
{
    /// <summary>null when there is none, or none that can be read: the managers know better anyway.</summary>
    public static SessionMemory? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return SessionMemory.Parser.ParseFrom(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static void Write(string path, SessionMemory memory)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        // It names images, environment and commands of every task.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(beside, options))
        {
            memory.WriteTo(file);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }
}
