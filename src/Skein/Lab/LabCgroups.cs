using Skein.Model;

namespace Skein.Lab;

/// <summary>
/// The cgroups of the lab's hosts, in every hierarchy the machine has. A host's processes run in a cgroup namespace
/// rooted there, so that whatever its daemon makes lies below it and goes with it.
/// </summary>
internal static class LabCgroups
{
    /// <summary>Makes the host's cgroups and returns their folders.</summary>
    public static IReadOnlyList<string> Create(LabPaths lab, LabHost host)
    {
        List<string> made = [];
        foreach (var hierarchy in Hierarchies())
        {
            var ofLab = Path.Combine(hierarchy.Where, lab.Cgroup);
            var ofHost = Path.Combine(ofLab, host.Name);
            Directory.CreateDirectory(ofHost);
            if (hierarchy.IsUnified)
                Delegate([hierarchy.Where, ofLab]);
            else if (File.Exists(Path.Combine(ofHost, "cpuset.cpus")))
                InheritCpus([hierarchy.Where, ofLab, ofHost]);
            made.Add(ofHost);
        }

        return made;
    }

    /// <summary>
    /// Version 2 gives a cgroup controllers only when no process is in it itself: the process that waits for the host's
    /// init stands in the host's cgroup, from where it moves aside.
    /// </summary>
    public static void MoveAside(LabPaths lab, int process)
    {
        foreach (var hierarchy in Hierarchies().Where(h => h.IsUnified))
        {
            var aside = Path.Combine(hierarchy.Where, lab.Cgroup, "waiting");
            Directory.CreateDirectory(aside);
            TryWrite(Path.Combine(aside, "cgroup.procs"), process.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Ends by SIGKILL whatever is left in the host's cgroups: also a host that was cut off while it booted.</summary>
    public static void KillAll(LabPaths lab, LabHost host)
    {
        foreach (var hierarchy in Hierarchies())
        {
            var folder = Path.Combine(hierarchy.Where, lab.Cgroup, host.Name);
            if (!Directory.Exists(folder))
                continue;
            foreach (var file in Directory.EnumerateFiles(folder, "cgroup.procs", SearchOption.AllDirectories))
            {
                foreach (var pid in File.ReadLines(file))
                    Kill(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>What is paused on cgroup v1 does not end by SIGKILL, and neither does the host, whose init waits for it.</summary>
    public static void Thaw(LabPaths lab, LabHost host)
    {
        foreach (var hierarchy in Hierarchies().Where(h => !h.IsUnified))
        {
            var folder = Path.Combine(hierarchy.Where, lab.Cgroup, host.Name);
            if (!File.Exists(Path.Combine(folder, "freezer.state")))
                continue;
            foreach (var file in Directory.EnumerateFiles(folder, "freezer.state", SearchOption.AllDirectories))
                TryWrite(file, "THAWED");
        }
    }

    /// <summary>Removes the host's cgroups, or with no host all of the lab's; waits for the last process to leave them.</summary>
    public static async Task RemoveAsync(LabPaths lab, LabHost? host, TimeProvider time, CancellationToken cancel)
    {
        foreach (var hierarchy in Hierarchies())
        {
            var folder = Path.Combine(hierarchy.Where, lab.Cgroup, host?.Name ?? "");
            await Patience.UntilAsync($"the cgroup {folder} is empty", TimeSpan.FromSeconds(30), () => TryRemove(folder), time, cancel);
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself.
        }
    }

    // A cgroup is removed by rmdir alone, children first; its files are not ours to delete.
    private static bool TryRemove(string folder)
    {
        try
        {
            foreach (var child in Directory.EnumerateDirectories(folder).ToList())
            {
                if (!TryRemove(child))
                    return false;
            }

            Directory.Delete(folder);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // A new cpuset of version 1 is empty, and an empty one takes no process.
    private static void InheritCpus(string[] chain)
    {
        foreach (var file in (string[])["cpuset.cpus", "cpuset.mems"])
        {
            var value = File.ReadAllText(Path.Combine(chain[0], file)).Trim();
            foreach (var folder in chain.Skip(1))
                TryWrite(Path.Combine(folder, file), value);
        }
    }

    private static void Delegate(string[] chain)
    {
        foreach (var folder in chain)
        {
            var controllers = File.ReadAllText(Path.Combine(folder, "cgroup.controllers")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            foreach (var controller in controllers)
                TryWrite(Path.Combine(folder, "cgroup.subtree_control"), "+" + controller);
        }
    }

    // What a kernel refuses here (a controller it can't delegate) a container would not get on such a machine either.
    private static void TryWrite(string file, string value)
    {
        try
        {
            File.WriteAllText(file, value);
        }
        catch (IOException)
        {
        }
    }

    private static List<(string Where, bool IsUnified)> Hierarchies()
    {
        List<(string, bool)> found = [];
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // id parent device root where options … - type source super-options
            var where = line.Split(' ', 6)[4];
            var type = line[(line.IndexOf(" - ", StringComparison.Ordinal) + 3)..].Split(' ')[0];
            if (where.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal) && type is "cgroup" or "cgroup2")
                found.Add((where, type == "cgroup2"));
        }

        return found.Count > 0 ? found : throw new SkeinException(ErrorKind.Internal, "no cgroup file system is mounted at /sys/fs/cgroup");
    }
}
