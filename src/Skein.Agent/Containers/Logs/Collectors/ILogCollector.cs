namespace Skein.Agent.Containers.Logs.Collectors;

/// <summary>Somebody outside who takes a container's lines.</summary>
internal interface ILogCollector : IDisposable
{
    /// <summary>Opens the way to it, a new one each time.</summary>
    /// <exception cref="IOException">It does not answer; the message is Docker's.</exception>
    Task ConnectAsync(CancellationToken cancel);

    /// <exception cref="IOException">The way is broken: connect again.</exception>
    ValueTask SendAsync(CollectedLine line, CancellationToken cancel);
}
