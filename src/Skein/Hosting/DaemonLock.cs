using System.Globalization;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>One daemon per exec-root: two would fight over every container and every entry in the kernel. Ends with the process.</summary>
internal sealed class DaemonLock : IDisposable
{
    private const int WouldBlock = 11;   // EWOULDBLOCK of flock, as .NET hands it on

    private readonly FileStream _file;

    private DaemonLock(FileStream file) => _file = file;

    /// <exception cref="SkeinException">Another daemon holds it.</exception>
    public static DaemonLock Take(string execRoot)
    {
        Directory.CreateDirectory(execRoot);
        var path = Path.Combine(execRoot, "skein.pid");
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            Sign(file);
            return new(file);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new SkeinException(ErrorKind.Conflict, $"another Skein daemon runs with exec-root {execRoot} (see {path}): {e.Message}", e);
        }
    }

    /// <summary>The number is for people: holding the file is the lock, also where there is no space to write into it.</summary>
    private static void Sign(FileStream file)
    {
        try
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush();
        }
        catch (IOException)
        {
        }
    }

    public void Dispose() => _file.Dispose();
}
