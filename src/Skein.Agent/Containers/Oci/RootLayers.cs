namespace Skein.Agent.Containers.Oci;

/// <summary>
/// Reads a file of a prepared root filesystem without mounting it: the topmost layer that has it wins. Good enough for
/// /etc/passwd and /etc/group, which are plain files in every image.
/// </summary>
internal sealed class RootLayers(IReadOnlyList<string> topDown)
{
    // Beyond this no user database is read whole: an image is not trusted to be small.
    private const long MaxBytes = 4 << 20;

    public static RootLayers Of(string type, string source, IEnumerable<string> options)
    {
        if (type != "overlay")
            return new RootLayers([source]);
        var list = options.ToList();
        return new RootLayers([.. Values(list, "upperdir="), .. Values(list, "lowerdir=").SelectMany(value => value.Split(':'))]);
    }

    /// <summary>The layers' folders, the topmost first.</summary>
    public IReadOnlyList<string> Folders => topDown;

    public string? ReadText(string path)
    {
        foreach (var layer in topDown)
        {
            var file = new FileInfo(Path.Join(layer, path));
            if (!file.Exists)
                continue;
            // A deleted file is a character device in the layer that deleted it; a link might lead out of the layer.
            var plain = file.LinkTarget is null && file.Length > 0 && file.Length <= MaxBytes && (file.Attributes & FileAttributes.Device) == 0;
            return plain ? File.ReadAllText(file.FullName) : null;
        }
        return null;
    }

    private static IEnumerable<string> Values(List<string> options, string prefix) =>
        options.Where(option => option.StartsWith(prefix, StringComparison.Ordinal)).Select(option => option[prefix.Length..]);
}
