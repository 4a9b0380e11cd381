using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Skein.Agent.Session;

namespace Skein.Agent.Peers;

/// <summary>
/// Asks the nodes that this one sends to whether they are there, all the time, and acts on it only while no manager is in reach: a
/// manager knows more, and its word wins.
/// </summary>
/// <param name="ingressPath">Pin of the ingress namespace.</param>
/// <param name="managed">Whether a manager is in reach.</param>
public sealed partial class PeerWatcher(
    AssignmentState assignments, string ingressPath, Func<bool> managed, TimeProvider time, ILogger<PeerWatcher> log)
{
    private readonly PeerTable _peers = new();
    private readonly ILogger _log = log;
    private NodeAssignments? _of;
    private ImmutableSortedDictionary<string, IPAddress> _addresses = ImmutableSortedDictionary<string, IPAddress>.Empty;
    private ImmutableHashSet<string> _silenced = [];
    private PeerSocket? _socket;

    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                Look();
                await Task.Delay(PeerWatch.Tick, time, cancel);
            }
        }
        finally
        {
            Close();
        }
    }

    private void Look()
    {
        var now = time.GetElapsedTime(0);
        Follow(now);
        if (_addresses.Count > 0) Ask(now);
        Act();
    }

    private void Follow(TimeSpan now)
    {
        var told = assignments.Told;
        if (ReferenceEquals(told, _of)) return;
        _of = told;
        _addresses = PeerAddresses.Of(told);
        _peers.Watch([.. _addresses.Keys], now);
    }

    private void Ask(TimeSpan now)
    {
        try
        {
            _socket ??= new(ingressPath);
            // What is waiting is heard before anybody is judged.
            foreach (var node in _socket.Answers()) _peers.Answered(node);
        }
        catch (Exception error) when (error is IOException or SocketException or UnauthorizedAccessException)
        {
            // No ingress namespace, or another by now: that is ours, and says nothing of others.
            Close();
            return;
        }
        foreach (var node in _peers.Tick(now)) Ask(_socket, node);
    }

    private void Ask(PeerSocket socket, string node)
    {
        try
        {
            socket.Ask(node, _addresses[node]);
        }
        catch (SocketException)
        {
            _peers.NotAsked(node);
            if (ReferenceEquals(socket, _socket)) Close();
        }
    }

    private void Act()
    {
        var silent = managed() ? [] : _peers.Silent;
        if (silent.SetEquals(_silenced)) return;
        foreach (var node in silent.Except(_silenced)) LogSilent(node);
        foreach (var node in _silenced.Except(silent)) LogBack(node);
        _silenced = silent;
        assignments.Silence(silent);
    }

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    [LoggerMessage(4301, LogLevel.Warning, "Node {Node} does not answer, and no manager is in reach: nothing is sent to its tasks until it does")]
    private partial void LogSilent(string node);

    [LoggerMessage(4302, LogLevel.Information, "Node {Node} is sent to again: it answers, or a manager decides")]
    private partial void LogBack(string node);
}
