namespace Skein.Agent.Images.Registry;

/// <summary>Where the next part of a blob goes.</summary>
/// <param name="IsOwn">It is the registry's own host, which is shown the user's credentials.</param>
/// <param name="Offset">The first byte that the registry does not have.</param>
internal sealed record UploadPlace(Uri Url, bool IsOwn, long Offset);
