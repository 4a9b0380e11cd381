namespace Skein.Agent.Images.Registry;

/// <param name="Digest">Of the bytes as they came; it equals what was asked for when that was a digest.</param>
internal sealed record FetchedManifest(string Digest, string MediaType, byte[] Content);
