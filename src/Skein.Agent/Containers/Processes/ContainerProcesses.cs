using System.ComponentModel;
using System.Diagnostics;
using Skein.Agent.Containers.Leftovers;
using Skein.Linux;
using Skein.Linux.Files;

namespace Skein.Agent.Containers.Processes;

/// <summary>The processes of a container as the kernel knows them: by their cgroup, which bears the container's id and which they can't leave.</summary>
internal static class ContainerProcesses
{
    /// <summary>SIGKILL to each.</summary>
    /// <returns>How many there were.</returns>
    public static int Kill(string containerId)
    {
        var found = Of(containerId);
        foreach (var folder in found.SelectMany(process => FreezersOf(process.Cgroups)).Distinct()) Thaw(folder);
        foreach (var (pid, _) in found) Kill(pid);
        return found.Count;
    }

    /// <summary>The root of a process of the container's, for as long as it is open.</summary>
    /// <returns>null when the process has ended: its number may be another's by now.</returns>
    public static UntrustedRoot? RootOf(int pid, string containerId)
    {
        try
        {
            var root = UntrustedRoot.Open($"/proc/{pid}/root");
            // Asked after it was opened: it was the container's then.
            if (IsIn(CgroupsOf(pid), containerId)) return root;
            root.Dispose();
            return null;
        }
        catch (LinuxException error) when (error.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            return null;
        }
    }

    private static List<(int Pid, string Cgroups)> Of(string containerId) =>
        [.. ProcessTree.Pids().Select(pid => (Pid: pid, Cgroups: CgroupsOf(pid))).Where(process => IsIn(process.Cgroups, containerId) && !IsDead(process.Pid))];

    // "4:memory:/skein/ID", and below it what a container with a cgroup namespace has made itself.
    internal static bool IsIn(string cgroups, string containerId) =>
        cgroups.Split('\n').Any(line => line.Split(':', 3) is [_, _, var path] && path.Split('/').Contains(containerId));

    /// <summary>The folders in which what is frozen can be thawed: in cgroup v1 a frozen process does not even take SIGKILL.</summary>
    internal static IEnumerable<string> FreezersOf(string cgroups) =>
        from line in cgroups.Split('\n')
        let fields = line.Split(':', 3)
        where fields.Length == 3 && fields[1].Split(',').Contains("freezer")
        select "/sys/fs/cgroup/freezer" + fields[2];

    private static void Thaw(string folder)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, "freezer.state"), "THAWED");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Gone with the last process in it.
        }
    }

    // What waits for its parent to ask for its exit code runs no more.
    private static bool IsDead(int pid) => HostProcess.Read(pid) is null or { State: "Z" or "X" };

    private static string CgroupsOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cgroup");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";   // it has ended meanwhile
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
}
