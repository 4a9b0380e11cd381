namespace Skein.Agent.Containers.Life;

/// <summary>What happened to a container of a user.</summary>
internal abstract record ContainerLifeEvent
{
    /// <summary>A user wants it to run.</summary>
    public sealed record StartAsked : ContainerLifeEvent;

    public sealed record Started : ContainerLifeEvent;

    /// <param name="Passing">The fault lies elsewhere (a network that is not there yet, containerd away) and may pass.</param>
    public sealed record StartFailed(bool Passing) : ContainerLifeEvent;

    /// <param name="Ran">How long it ran.</param>
    public sealed record Exited(int ExitCode, TimeSpan Ran) : ContainerLifeEvent;

    /// <summary>A user wants it to end: a stop, or a signal that ends it.</summary>
    public sealed record StopAsked : ContainerLifeEvent;

    public sealed record PauseOver : ContainerLifeEvent;

    /// <summary>`docker update --restart`: it counts from the next end on.</summary>
    public sealed record PolicyChanged(Skein.Model.ContainerRestartPolicy? Policy) : ContainerLifeEvent;

    /// <summary>A daemon has come, and finds it running.</summary>
    public sealed record FoundRunning : ContainerLifeEvent;

    /// <summary>A daemon has come, and finds it not running.</summary>
    /// <param name="Unseen">It ran when the daemon before it went: the host's boot, or an end that nobody saw.</param>
    /// <param name="HasRun">It was started at some time.</param>
    /// <param name="Waited">For its next start, which is counted already.</param>
    public sealed record FoundEnded(int ExitCode, bool Unseen, bool HasRun, bool Waited = false) : ContainerLifeEvent;
}
