using Skein.Linux.Mounts;

namespace Skein.Linux.Namespaces;

/// <summary>All pins under one directory: what a fresh daemon finds and what it sweeps.</summary>
public static class NamespacePins
{
    /// <summary>Full paths of the files in the directory, pinned or emptied by a reboot alike; none when it does not exist.</summary>
    public static IReadOnlyList<string> List(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)] : [];

    /// <summary>Removes every pin in the directory, and the directory.</summary>
    public static void DeleteAll(string directory)
    {
        foreach (var path in List(directory)) NetworkNamespace.Delete(path);
        foreach (var mount in MountTable.Under(directory)) MountPoint.Unmount(mount.Target, lazy: true);
        if (Directory.Exists(directory)) Directory.Delete(directory);
    }
}
