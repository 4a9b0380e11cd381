namespace Skein.Agent.Tasks;

/// <summary>What the machine wants done.</summary>
internal enum TaskCommand
{
    None,
    /// <summary>Image, network, container.</summary>
    Prepare,
    Start,
    /// <summary>End the preparation that is under way.</summary>
    Cancel,
    /// <summary>Wait until nothing leads to it any more, or for as long as its service allows.</summary>
    Drain,
    /// <summary>Stop signal, grace period, SIGKILL.</summary>
    Stop,
    /// <summary>Container and network go, whatever state they are in.</summary>
    Remove,
}
