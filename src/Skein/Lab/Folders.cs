namespace Skein.Lab;

internal static class Folders
{
    /// <summary>Removes the folder with all below it; one that is gone is no error.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }
}
