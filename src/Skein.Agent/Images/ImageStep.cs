namespace Skein.Agent.Images;

/// <summary>One step of how an image was made, as its config tells.</summary>
/// <param name="Size">Bytes of its layer on disk, unpacked; 0 when it changed no file.</param>
public sealed record ImageStep(DateTimeOffset? Created, string CreatedBy, string Comment, long Size);
