using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Content;

/// <summary>OCI content descriptor; Docker's schema 2 has the same shape.</summary>
internal sealed record OciDescriptor
{
    public string MediaType { get; init => field = value ?? ""; } = "";

    public string Digest { get; init => field = value ?? ""; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public OciPlatform? Platform { get; init; }

    public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>It tells how another entry of the index was built, and is no image.</summary>
    [JsonIgnore]
    public bool IsAttestation => Annotations?.GetValueOrDefault("vnd.docker.reference.type") == "attestation-manifest";

    /// <summary>Twelve digits, as Docker shows a layer while it pulls.</summary>
    [JsonIgnore]
    public string Short => Digest.Length >= 19 ? Digest[7..19] : Digest;

    public ContentDescriptor ToModel() => new(MediaType, Digest, Size) { Platform = Platform?.ToModel() };
}
