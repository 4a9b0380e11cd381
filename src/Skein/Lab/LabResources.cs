using Skein.Model;

namespace Skein.Lab;

/// <summary>The files of the folder lab/, which the program carries with it.</summary>
internal static class LabResources
{
    private const string Prefix = "lab/";

    /// <summary>The paths below lab/ that begin with the given one, without it.</summary>
    public static IEnumerable<string> Below(string folder) =>
        typeof(LabResources).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix + folder, StringComparison.Ordinal))
            .Select(n => n[(Prefix.Length + folder.Length)..])
            .Order(StringComparer.Ordinal);

    public static byte[] Read(string path)
    {
        using var stream = typeof(LabResources).Assembly.GetManifestResourceStream(Prefix + path)
            ?? throw new SkeinException(ErrorKind.Internal, $"the program was built without lab/{path}");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    public static string ReadText(string path) => System.Text.Encoding.UTF8.GetString(Read(path));
}
