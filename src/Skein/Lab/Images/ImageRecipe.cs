namespace Skein.Lab.Images;

/// <summary>How one image of the lab is made.</summary>
/// <param name="Name">The repository below library/.</param>
/// <param name="Tags">All name the same manifest.</param>
/// <param name="Layers">From the lowest up.</param>
/// <param name="Format">Docker's schema 2 or OCI: the registries of the world serve both.</param>
internal sealed record ImageRecipe(
    string Name,
    IReadOnlyList<string> Tags,
    IReadOnlyList<LayerRecipe> Layers,
    ImageConfig Config,
    ManifestFormat Format);
