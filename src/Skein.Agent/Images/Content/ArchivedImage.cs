namespace Skein.Agent.Images.Content;

/// <param name="Names">Normalized; empty when the tar names it not.</param>
internal sealed record ArchivedImage(ImageContent Content, string ConfigDigest, IReadOnlyList<string> Names);
