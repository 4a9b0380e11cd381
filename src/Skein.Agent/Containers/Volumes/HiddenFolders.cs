using System.Globalization;
using Skein.Linux.Files;

namespace Skein.Agent.Containers.Volumes;

/// <summary>
/// Volumes come and go by one rename each, from and to a folder whose name begins with a dot, as no volume's does: a crash at any point
/// leaves a volume or none. What lies in one at the start is nobody's.
/// </summary>
internal sealed class HiddenFolders(string root)
{
    private int _last;

    public string Next()
    {
        while (true)
        {
            var folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $".{Interlocked.Increment(ref _last)}"));
            if (!Directory.Exists(folder)) return folder;
        }
    }

    public static bool IsHidden(string folder) => Path.GetFileName(folder.AsSpan()) is ['.', ..];

    /// <summary>With all that is in it. A container may write to it still, through a mount of its own.</summary>
    public static void Remove(string folder)
    {
        var data = Path.Combine(folder, VolumeFolders.Data);
        if (Directory.Exists(data))
        {
            using var shared = SharedFolder.Open(data);
            shared.Clear();
        }
        Directory.Delete(folder, recursive: true);
    }
}
