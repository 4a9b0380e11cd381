using System.Globalization;

namespace Skein.Agent.Containers.Oci;

/// <summary>Short names of layers' folders: all their paths must fit into a page of mount's options, and an image may have 127.</summary>
internal static class LayerLinks
{
    /// <param name="work">A folder that goes when they are no longer needed.</param>
    /// <param name="kind">Tells the links of several roots in one folder apart.</param>
    /// <returns>As lowerdir has them.</returns>
    public static string Make(string work, IEnumerable<string> layers, string kind = "") => string.Join(':', layers.Select((layer, i) =>
    {
        var link = Path.Combine(work, kind + i.ToString(CultureInfo.InvariantCulture));
        File.CreateSymbolicLink(link, layer);
        return link;
    }));
}
