namespace Skein.Linux.Mounts;

/// <summary>One line of /proc/self/mountinfo.</summary>
/// <param name="Root">The part of the file system that is mounted, "/" when all of it; net:[INODE] for a pinned namespace.</param>
public sealed record MountEntry(string Target, string Root, string Type, string Source, string Options)
{
    /// <summary>What is mounted below it appears at its peers too.</summary>
    public bool Shared { get; init; }

    /// <summary>What is mounted below its master appears here too.</summary>
    public bool Slave { get; init; }
}
