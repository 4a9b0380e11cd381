using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Skein.Manager.Callers;
using Skein.Manager;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Managing;

/// <summary>
/// Connections to a manager's port. Until its handshake has shown a certificate everyone is a stranger: strangers are few, of each
/// address and in all, and none stays. Addresses of the swarm's own nodes have places of their own, so that strangers from
/// elsewhere keep no node away; nor does who comes from the same address, as a node's containers do: of an address that has all its
/// places the longest one there gives way to who comes, who needs some milliseconds of it.
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
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, LinkedList<Stranger>> _byAddress = [];

    /// <summary>Before TLS.</summary>
    public async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var remote = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        var address = PeerAddress.Of(remote);
        using var stranger = Enter(connection, address, isOfNode(remote));
        if (stranger is null)
        {
            if (_said.IsNews("strangers")) LogTurnedAway(address);
            connection.Abort();
            return;
        }
        using var stay = time.CreateTimer(_ => Expire(stranger), null, StrangersStay, Timeout.InfiniteTimeSpan);
        connection.Features.Set(stranger);
        await next(connection);
    }

    /// <summary>After TLS, which has checked the certificate if there is one.</summary>
    public async Task KnowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        // Who shows one that is over is a stranger still: it is here for a new one.
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate
            || certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime
            || CertificateName.Read(certificate) is not { } name)
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
        connection.Features.Get<Stranger>()?.Dispose();
        await next(connection);
    }

    /// <summary>null when there is no place.</summary>
    private Stranger? Enter(ConnectionContext connection, IPAddress address, bool ofNode)
    {
        Stranger? longest = null;
        try
        {
            lock (_lock)
            {
                var place = Take();
                if (place is null && _byAddress.TryGetValue(address, out var there))
                {
                    longest = there.First!.Value;
                    Leave(longest);
                    place = Take();
                }
                if (place is null) return null;
                var stranger = new Stranger(this, connection, address, place);
                if (!_byAddress.TryGetValue(address, out var list)) _byAddress[address] = list = [];
                stranger.Node = list.AddLast(stranger);
                return stranger;
            }
        }
        finally
        {
            longest?.Connection.Abort(new ConnectionAbortedException("another of its address has come, and it has shown no certificate"));
        }

        IDisposable? Take() => _strangers.TryTake(address) ?? (ofNode ? _strangers.TryTake(address, beyondAll: true) : null);
    }

    private void Expire(Stranger stranger)
    {
        if (Leave(stranger)) stranger.Connection.Abort(new ConnectionAbortedException("no certificate was shown in time"));
    }

    /// <summary>False when it is no stranger any more.</summary>
    private bool Leave(Stranger stranger)
    {
        lock (_lock)
        {
            if (stranger.Node?.List is not { } list) return false;
            list.Remove(stranger.Node);
            if (list.Count == 0) _byAddress.Remove(stranger.Address);
            stranger.Place.Dispose();
            return true;
        }
    }

    [LoggerMessage(1140, LogLevel.Warning, "Connections without certificate are turned away, one from {Address}: too many are open")]
    private partial void LogTurnedAway(IPAddress address);

    [LoggerMessage(1141, LogLevel.Warning, "A connection of node {Node} is turned away: it has {Max}")]
    private partial void LogTooMany(string node, int max);

    /// <summary>One that has shown no certificate yet; disposed of when it has, or leaves.</summary>
    private sealed class Stranger(PeerConnections connections, ConnectionContext connection, IPAddress address, IDisposable place) : IDisposable
    {
        public ConnectionContext Connection => connection;

        public IPAddress Address => address;

        public IDisposable Place => place;

        /// <summary>Under the connections' lock.</summary>
        public LinkedListNode<Stranger>? Node { get; set; }

        public void Dispose() => connections.Leave(this);
    }
}
