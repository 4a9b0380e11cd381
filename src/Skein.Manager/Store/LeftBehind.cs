using System.Diagnostics;
using System.Text;

namespace Skein.Manager.Store;

/// <summary>An etcd that runs on a folder already, found in /proc.</summary>
internal sealed record LeftBehind(Process Process, IReadOnlyList<string> Arguments)
{
    public static LeftBehind? Find(string dataFolder)
    {
        var mounts = new FileInfo("/proc/self/ns/mnt").LinkTarget;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid)) continue;
            if (ArgumentsOf(folder) is not { } arguments || !RunsOn(arguments, dataFolder)) continue;
            // The same path in another mount namespace is another folder: several hosts may live on one machine.
            if (MountsOf(folder) != mounts) continue;
            try
            {
                return new(Process.GetProcessById(pid), arguments);
            }
            catch (ArgumentException)
            {
                // ended meanwhile
            }
        }
        return null;
    }

    private static bool RunsOn(string[] arguments, string dataFolder)
    {
        var at = Array.IndexOf(arguments, "--data-dir");
        return at > 0 && at + 1 < arguments.Length && arguments[at + 1] == dataFolder
            && Path.GetFileName(arguments[0]).StartsWith("etcd", StringComparison.Ordinal);
    }

    private static string[]? ArgumentsOf(string folder)
    {
        try
        {
            var line = File.ReadAllBytes(Path.Combine(folder, "cmdline"));
            return line.Length == 0 ? null : Encoding.UTF8.GetString(line).TrimEnd('\0').Split('\0');   // none: kernel thread or zombie
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? MountsOf(string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(folder, "ns/mnt")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
