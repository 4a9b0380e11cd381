namespace Skein.Agent.Containers.Life;

/// <summary>What a container is about, in its owner's eyes.</summary>
internal enum ContainerPhase
{
    /// <summary>Made, or ended; nothing is to come by itself.</summary>
    Resting,
    Starting,
    Running,
    /// <summary>It has ended, and is started again after a pause.</summary>
    Waiting,
    Removing,
}
