using Skein.Linux;
using Skein.Linux.Files;

namespace Skein.Lab;

internal static class Folders
{
    /// <summary>Removes the folder with all below it; one that is gone is no error.</summary>
    public static void Remove(string folder)
    {
        try
        {
            // What containers name their files need be no text.
            SharedFolder.Delete(folder);
        }
        catch (LinuxException error) when (error.Errno == Errno.ENOENT)
        {
        }
    }
}
