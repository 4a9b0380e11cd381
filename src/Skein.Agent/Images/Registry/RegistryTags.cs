namespace Skein.Agent.Images.Registry;

/// <summary>Answer of a registry that is asked for the tags of a repository.</summary>
internal sealed record RegistryTags
{
    public List<string>? Tags { get; init; }
}
