using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Skein.Manager;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Hosting;

/// <summary>
/// Connections to a manager's port. Until its handshake has shown a certificate everyone is a stranger: strangers are few, of each
/// address and in all, and none stays. Addresses of the swarm's own nodes have places of their own, so that strangers from
/// elsewhere keep no node away.
/// </summary>
internal sealed partial class PeerConnections(Func<IPAddress, bool> isOfNode, TimeProvider time, ILogger<PeerConnections> log)
{
    /// <summary>A host that joins has one at a time; many may come from behind one address.</summary>
    public const int OfAddress = 64;

    /// <summary>Some 50 KiB each, with their TLS.</summary>
    public const int OfStrangers = 512;

    /// <summary>A worker has one for its session and its logs, and one for a moment to renew its certificate. Managers read each other's nodes' logs by many.</summary>
    public const int OfWorker = 32;

    /// <summary>A join takes two calls of at most ten seconds each, on a connection each.</summary>
    public static readonly TimeSpan StrangersStay = TimeSpan.FromSeconds(30);

    private readonly Places<IPAddress> _strangers = new(OfAddress, OfStrangers);
    private readonly Places<string> _workers = new(OfWorker, int.MaxValue);
    private readonly Repeats _said = new(time);
    private readonly ILogger _log = log;

    /// <summary>Before TLS.</summary>
    public async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var remote = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        var address = PeerAddress.Of(remote);
        using var place = _strangers.TryTake(address) ?? (isOfNode(remote) ? _strangers.TryTake(address, beyondAll: true) : null);
        if (place is null)
        {
            if (_said.IsNews("strangers")) LogTurnedAway(address);
            connection.Abort();
            return;
        }
        using var stay = time.CreateTimer(
            _ => connection.Abort(new ConnectionAbortedException("no certificate was shown in time")), null, StrangersStay, Timeout.InfiniteTimeSpan);
        connection.Features.Set(new Stranger(place, stay));
        await next(connection);
    }

    /// <summary>After TLS, which has checked the certificate if there is one.</summary>
    public async Task KnowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate || CertificateName.Read(certificate) is not { } name)
        {
            await next(connection);
            return;
        }
        using var place = name.Role == NodeRole.Manager ? null : _workers.TryTake(name.NodeId);
        if (place is null && name.Role != NodeRole.Manager)
        {
            if (_said.IsNews(name.NodeId)) LogTooMany(name.NodeId, OfWorker);
            connection.Abort();
            return;
        }
        connection.Features.Get<Stranger>()?.IsKnown();
        await next(connection);
    }

    [LoggerMessage(1140, LogLevel.Warning, "Connections without certificate are turned away, one from {Address}: too many are open")]
    private partial void LogTurnedAway(IPAddress address);

    [LoggerMessage(1141, LogLevel.Warning, "A connection of node {Node} is turned away: it has {Max}")]
    private partial void LogTooMany(string node, int max);

    private sealed class Stranger(IDisposable place, ITimer stay)
    {
        public void IsKnown()
        {
            stay.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            place.Dispose();
        }
    }
}
