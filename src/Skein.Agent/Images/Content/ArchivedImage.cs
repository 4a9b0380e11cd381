namespace Skein.Agent.Images.Content;

/// <param name="Contents">One for each platform of an index that is in the archive.</param>
/// <param name="ConfigDigest">Of the first.</param>
/// <param name="Names">Normalized; empty when the tar names it not.</param>
internal sealed record ArchivedImage(IReadOnlyList<ImageContent> Contents, string ConfigDigest, IReadOnlyList<string> Names);
