namespace Skein.Agent.Containers.Archive;

/// <summary>What a container has made of its image, in Docker's numbers.</summary>
public enum ChangeKind
{
    Modified = 0,
    Added = 1,
    Deleted = 2,
}

/// <param name="Path">Absolute.</param>
public sealed record PathChange(ChangeKind Kind, string Path);
