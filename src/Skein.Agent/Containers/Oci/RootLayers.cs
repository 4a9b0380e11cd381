using Skein.Linux.Files;

namespace Skein.Agent.Containers.Oci;

/// <summary>
/// Reads a file of a prepared root filesystem without mounting it: the topmost layer that has it wins. Good enough for
/// /etc/passwd and /etc/group, which are plain files in every image.
/// </summary>
internal sealed class RootLayers(IReadOnlyList<string> topDown)
{
    public static RootLayers Of(string type, string source, IEnumerable<string> options)
    {
        if (type != "overlay")
            return new RootLayers([source]);
        var list = options.ToList();
        return new RootLayers([.. Values(list, "upperdir="), .. Values(list, "lowerdir=").SelectMany(value => value.Split(':'))]);
    }

    /// <summary>The layers' folders, the topmost first.</summary>
    public IReadOnlyList<string> Folders => topDown;

    /// <summary>null also when it was deleted: the layer that did has a device in its place.</summary>
    public string? ReadText(string path)
    {
        foreach (var layer in topDown)
        {
            using var root = UntrustedRoot.Open(layer);
            if (root.Has(path))
                return root.ReadText(path, UserDatabase.BytesMax);
        }
        return null;
    }

    private static IEnumerable<string> Values(List<string> options, string prefix) =>
        options.Where(option => option.StartsWith(prefix, StringComparison.Ordinal)).Select(option => option[prefix.Length..]);
}
