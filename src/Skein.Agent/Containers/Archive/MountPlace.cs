using Skein.Linux;
using Skein.Linux.Files;

namespace Skein.Agent.Containers.Archive;

/// <summary>Where something is to be mounted in a container that was never started: made as its start would make it.</summary>
internal static class MountPlace
{
    /// <summary>Step by step, each below what was opened inside of the root: no link of the image's leads out. What can't be made (a link to nothing stands there) is left.</summary>
    public static void Ensure(string root, string target, bool folder)
    {
        var path = "";
        var steps = target.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < steps.Length; i++)
        {
            using var parent = RootedEntry.Open(root, path.Length == 0 ? "/" : path);
            path += "/" + steps[i];
            using var there = RootedEntry.Open(root, path);
            if (there is null && !TryMake(parent, steps[i], folder || i < steps.Length - 1)) return;
        }
    }

    private static bool TryMake(RootedEntry? parent, string name, bool folder)
    {
        if (parent is not { IsFolder: true }) return false;
        try
        {
            if (folder) FileMaking.Folder($"{parent.Path}/{name}");
            else FileMaking.Node($"{parent.Path}/{name}", FileKind.Plain, 0, 0);
            return true;
        }
        catch (LinuxException error) when (error.Errno == Errno.EEXIST)
        {
            return false;
        }
    }
}
