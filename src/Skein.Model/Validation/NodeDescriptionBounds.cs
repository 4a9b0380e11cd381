using System.Net;

namespace Skein.Model.Validation;

/// <summary>What a node may say of itself: all of it is kept in the store, held by every manager, and shown.</summary>
public static class NodeDescriptionBounds
{
    /// <summary>Bytes of all of it. A host's own, with 256 networks around it, has some 12 KiB; managers remember a thousand changes.</summary>
    public const int Most = 32 << 10;

    private const int LongestHostname = 253;
    private const int LongestWord = 128;
    private const int LongestCertificate = 16 << 10;

    /// <summary>Why it is refused; null when it is sound.</summary>
    public static string? FlawOf(NodeDescription description)
    {
        if (description.CalculateSize() > Most) return $"a description of more than {Most} bytes";
        if (description.Hostname.Length > LongestHostname || description.Hostname.Any(char.IsControl)) return "a hostname that is none";
        if (description.TlsCertificate.Length > LongestCertificate) return $"a certificate of more than {LongestCertificate} bytes";
        if (IsLong(description.EngineVersion) || IsLong(description.Platform?.Architecture) || IsLong(description.Platform?.Os)) return $"a word that is none, or of more than {LongestWord} characters";
        if (description.Resources?.Generic.Any(g => g.Count < 0 || IsLong(g.Kind) || IsLong(g.Name)) == true) return "a generic resource that is none";
        if (description.AllowServices.Any(IsLong)) return "a grant that is none";
        return description.Resources is { } r && (r.NanoCpus < 0 || r.MemoryBytes < 0 || r.Pids < 0) ? "less than no resources" : null;
    }

    /// <summary>Why a session cannot begin so; null when it can. Other nodes send their packets to the addresses.</summary>
    public static string? FlawOf(Hello hello)
    {
        if (hello.AdvertiseAddr.Length > 0 && !IsAddress(hello.AdvertiseAddr)) return "an address to be reached at that is none";
        if (hello.Vtep.Length > 0 && !IsAddress(hello.Vtep)) return "an address of a tunnel's end that is none";
        return hello.Description is null ? null : FlawOf(hello.Description);
    }

    private static bool IsLong(string? word) => word?.Length > LongestWord || word?.Any(char.IsControl) == true;

    private static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out var address) && address.ToString() == text
        && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.Equals(IPAddress.Broadcast)
        && !address.IsIPv6Multicast && !(address.GetAddressBytes() is [>= 224, _, _, _]);
}
