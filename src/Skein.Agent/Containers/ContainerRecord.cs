using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>One container as it stands: its definition and its state. Immutable; each change makes a new one.</summary>
public sealed record ContainerRecord(ContainerDefinition Definition, ContainerState State, DateTimeOffset Created)
{
    /// <summary>One that is about to be made.</summary>
    public ContainerRecord(ContainerDefinition definition)
        : this(definition, ContainerState.New, default)
    {
    }

    public string Id => Definition.Id;

    public string Name => Definition.Name;

    /// <summary>What it was made from; the name in its spec may lead to another image by now.</summary>
    public string ImageId { get; init; } = "";

    /// <summary>That it runs under; empty where it was made without.</summary>
    public string AppArmorProfile { get; init; } = "";

    /// <summary>By its restart policy, since a user last started it.</summary>
    public int RestartCount { get; init; }

    /// <summary>And not started since.</summary>
    public bool StoppedByUser { get; init; }

    /// <summary>null = none is under way.</summary>
    public ContainerRemoval? Removal { get; init; }

    /// <summary>It ended while no daemon was there, or before its owner was, and its owner has not decided yet what follows.</summary>
    public bool EndedUnseen { get; init; }

    /// <summary>It is paused, or about to be, for a work of the daemon's and not by a user: one that finds it so lets it go on.</summary>
    public bool PausedByDaemon { get; init; }

    /// <summary>Its own over its image's, with every default; null without one.</summary>
    public HealthConfig? Check { get; init; }

    /// <summary>null without a health check, and until it has run.</summary>
    public ContainerHealth? Health { get; init; }
}

public enum ContainerStatus
{
    Created,
    Running,
    Paused,

    /// <summary>It has ended, and is started again after a pause.</summary>
    Restarting,
    Exited,

    /// <summary>It has ended, and is being taken away.</summary>
    Removing,

    /// <summary>It was being taken away, and that failed.</summary>
    Dead,
}

/// <param name="Pid">0 when not running.</param>
/// <param name="Error">Why it could not be started.</param>
public sealed record ContainerState(
    ContainerStatus Status,
    uint Pid,
    int ExitCode,
    bool OomKilled,
    string Error,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt)
{
    public static ContainerState New { get; } = new(ContainerStatus.Created, 0, 0, false, "", null, null);

    /// <summary>Its process is there; Docker says so of a paused one too.</summary>
    public bool IsRunning => Status is ContainerStatus.Running or ContainerStatus.Paused;
}
