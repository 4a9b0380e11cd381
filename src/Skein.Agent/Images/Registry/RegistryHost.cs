namespace Skein.Agent.Images.Registry;

/// <summary>One place where an image's registry API may be reached.</summary>
/// <param name="Base">https://host:port or a mirror's URL, without a trailing slash.</param>
/// <param name="Insecure">Its certificate is not verified.</param>
/// <param name="IsMirror">Never shown the user's credentials: they are for the image's own registry.</param>
internal sealed record RegistryHost(string Base, bool Insecure, bool IsMirror);
