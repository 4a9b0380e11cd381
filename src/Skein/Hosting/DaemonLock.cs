using System.Globalization;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>One daemon per exec-root: two would fight over every container and every entry in the kernel. Ends with the process.</summary>
internal sealed class DaemonLock : IDisposable
{
    private readonly FileStream _file;

    private DaemonLock(FileStream file) => _file = file;

    /// <exception cref="SkeinException">Another daemon holds it.</exception>
    public static DaemonLock Take(string execRoot)
    {
        Directory.CreateDirectory(execRoot);
        var path = Path.Combine(execRoot, "skein.pid");
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush();
            return new(file);
        }
        catch (IOException e)
        {
            throw new SkeinException(ErrorKind.Conflict, $"another Skein daemon runs with exec-root {execRoot} (see {path}): {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
