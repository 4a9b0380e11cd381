namespace Skein.Agent.Containers.Life;

/// <summary>What the machine wants done.</summary>
internal enum ContainerLifeCommand
{
    None,
    Start,
    /// <summary>Start it again when <see cref="ContainerLife.Pause"/> is over.</summary>
    Wait,
    /// <summary>It goes, with its volumes that have no name.</summary>
    Remove,
}
