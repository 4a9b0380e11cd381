using System.Text;

namespace Skein.Agent.Images;

/// <summary>
/// The name of a stack of layers, OCI image spec "Layer ChainID": the first layer's diff id, then sha256 of
/// "chain diff" for each layer above. containerd's committed snapshots bear these names.
/// </summary>
public static class ChainId
{
    /// <summary>Empty for no layers: a container on it starts from an empty directory.</summary>
    public static string Of(IEnumerable<string> diffIds) => diffIds.Aggregate("", Extend);

    public static string Extend(string parent, string diffId) =>
        parent.Length == 0 ? diffId : ContentDigest.Of(Encoding.ASCII.GetBytes($"{parent} {diffId}"));
}
