using System.Globalization;

namespace Skein.Agent.Containers.Leftovers;

/// <summary>The host's processes and who started whom, as /proc has it.</summary>
internal static class ProcessTree
{
    public static IEnumerable<int> Pids()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) yield return pid;
        }
    }

    /// <summary>Children, their children, and so on.</summary>
    public static IReadOnlyList<int> Below(int ancestor)
    {
        var children = Pids().Select(pid => (Pid: pid, Parent: ParentOf(pid))).ToLookup(process => process.Parent, process => process.Pid);
        var found = new List<int>(children[ancestor]);
        for (var i = 0; i < found.Count; i++) found.AddRange(children[found[i]]);
        return found;
    }

    private static int ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // "7 (a name) S 1 …": the name may hold anything, a parenthesis too.
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
