using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>Tells when the host's ways to the networks around it may have changed.</summary>
public sealed class LocalSubnetWatch(TimeProvider time) : IDisposable
{
    /// <summary>The first change is told at once; a router's that come in streams, once a second.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly NetlinkEvents _events = SubscribeHost();
    private long? _told;

    public async Task WaitAsync(CancellationToken cancel)
    {
        if (_told is { } told && Rest - time.GetElapsedTime(told) is { Ticks: > 0 } rest) await Task.Delay(rest, time, cancel);
        await _events.WaitAsync(cancel);
        _told = time.GetTimestamp();
    }

    public void Dispose() => _events.Dispose();

    private static NetlinkEvents SubscribeHost()
    {
        using var host = NetworkNamespace.OpenHost();
        return NetlinkEvents.SubscribeRoutes(host);
    }
}
