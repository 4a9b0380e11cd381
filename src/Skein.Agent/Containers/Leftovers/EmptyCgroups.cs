using Skein.Agent.Containers.Oci;

namespace Skein.Agent.Containers.Leftovers;

/// <summary>
/// Cgroups of containers that are no more, in every hierarchy. runc makes one before the process that is to be in it: one is
/// taken for left behind when it was without a container twice in a row, and the kernel itself refuses to remove one in use.
/// </summary>
internal sealed class EmptyCgroups(string parent, HostCgroups cgroups)
{
    private HashSet<string> _seen = [];

    public void Sweep(Func<string, bool> known)
    {
        var strangers = Hierarchies().SelectMany(hierarchy => Folders(Path.Combine(hierarchy, parent.Trim('/')))).Where(folder => !known(Path.GetFileName(folder))).ToHashSet();
        foreach (var folder in strangers.Where(_seen.Contains)) TryRemove(folder);
        _seen = strangers;
    }

    private IEnumerable<string> Hierarchies() => cgroups.Unified ? [HostCgroups.Root] : Folders(HostCgroups.Root);

    private static IReadOnlyList<string> Folders(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    // Children first; its files are not ours to delete, and go with it.
    private static void TryRemove(string folder)
    {
        try
        {
            foreach (var child in Directory.EnumerateDirectories(folder)) TryRemove(child);
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Somebody is in it, or it has gone by itself.
        }
    }
}
