namespace Skein.Agent.Containers;

/// <summary>A removal that is under way, and is gone on with by the next daemon.</summary>
public enum ContainerRemoval
{
    Alone,

    /// <summary>With its volumes that have no name.</summary>
    WithVolumes,
}
