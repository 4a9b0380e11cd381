using System.ComponentModel;
using System.Diagnostics;

namespace Skein.Agent.Containers.Leftovers;

/// <summary>
/// Shims that their containerd has forgotten. It starts one in the folder of the container's bundle, and when the call that
/// wanted it is given up at that moment (a client that was killed), or it is itself killed, removes the folder and leaves the
/// process, idle, for ever. A shim whose working folder is gone is such a one, unless a later start of the same container has
/// found it and uses it: that is for the caller to ask.
/// </summary>
/// <param name="socket">containerd's; shims of another containerd on this machine are none of ours.</param>
internal sealed class AbandonedShims(string socket, string @namespace)
{
    private const string Gone = " (deleted)";
    private readonly string _address = Canonical(socket);
    private Dictionary<int, string> _seen = [];

    /// <summary>
    /// The containers they were started for, by pid. Those that the call before this one has met too: one whose container has
    /// ended may for a moment outlive its folder.
    /// </summary>
    public IReadOnlyDictionary<int, string> FindAgain()
    {
        var (before, now) = (_seen, Find());
        _seen = now;
        return now.Where(shim => before.TryGetValue(shim.Key, out var id) && id == shim.Value).ToDictionary();
    }

    /// <summary>
    /// Ends whatever shim there is of a container that does not run. A start would find it by its socket and use it, half way as
    /// it is: it may hold its lock for half a minute, while it opens a pipe that nobody reads.
    /// </summary>
    public void EndOf(string containerId)
    {
        foreach (var (pid, _) in Find(abandoned: false).Where(shim => shim.Value == containerId)) End(pid);
    }

    private Dictionary<int, string> Find(bool abandoned = true)
    {
        var found = new Dictionary<int, string>();
        var here = LinkOf("/proc/self/ns/pid");
        foreach (var pid in ProcessTree.Pids())
        {
            if (ContainerOf(pid, here, abandoned) is { } id) found[pid] = id;
        }
        return found;
    }

    /// <summary>Ends it with all that runs below it, and removes the socket that it would have removed itself.</summary>
    public void End(int pid)
    {
        var sockets = ListeningSockets(pid);
        foreach (var each in ProcessTree.Below(pid).Append(pid)) Kill(each);
        foreach (var path in sockets.Where(File.Exists)) File.Delete(path);
    }

    private string? ContainerOf(int pid, string here, bool abandoned)
    {
        try
        {
            return ShimCommand.Parse(File.ReadAllText($"/proc/{pid}/cmdline")) is { } shim
                && shim.Namespace == @namespace
                && (!abandoned || LinkOf($"/proc/{pid}/cwd").EndsWith(Gone, StringComparison.Ordinal))
                && LinkOf($"/proc/{pid}/ns/pid") == here
                && Canonical(shim.Address) == _address
                ? shim.ContainerId
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;   // it has ended meanwhile
        }
    }

    private static List<string> ListeningSockets(int pid)
    {
        const int Flags = 3, Inode = 6, Name = 7;
        try
        {
            var inodes = Directory.EnumerateFiles($"/proc/{pid}/fd").Select(LinkOf).Where(link => link.StartsWith("socket:[", StringComparison.Ordinal))
                .Select(link => link["socket:[".Length..^1]).ToHashSet();
            // Num RefCount Protocol Flags Type St Inode Path; the flag is the kernel's __SO_ACCEPTCON.
            return [.. File.ReadLines($"/proc/{pid}/net/unix").Skip(1)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > Name && fields[Flags] == "00010000" && inodes.Contains(fields[Inode]) && fields[Name].StartsWith('/'))
                .Select(fields => fields[Name])];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    private static string LinkOf(string path) => new FileInfo(path).LinkTarget ?? "";

    // /var/run is a link to /run: both name one socket. What is not there yet, before containerd's start, is no link.
    private static string Canonical(string path)
    {
        var real = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            var entry = new FileInfo(real);
            if (entry.LinkTarget is not null) real = entry.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        return real;
    }
}
