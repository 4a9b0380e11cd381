namespace Skein.Tests.Api.Leaves;

internal static class LeafFile
{
    /// <summary>Its lines but for comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(LeafFile).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#')];
    }
}
