namespace Skein.Agent.Images;

/// <summary>What a new image is to be, beside its files.</summary>
/// <param name="Name">Empty for none.</param>
/// <param name="CreatedBy">In its history.</param>
public sealed record ImageMaking(string Name, ImageConfig Config, string Author, string Comment, string CreatedBy);
