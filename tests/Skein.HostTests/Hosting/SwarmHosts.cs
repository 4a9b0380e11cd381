using Microsoft.Extensions.Logging;
using Skein.Agent.Session;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;

namespace Skein.HostTests.Hosting;

/// <summary>Several nodes on this host's loopback, each with its own ports and folder: real etcd, real TLS, real sessions; no containers.</summary>
internal sealed class SwarmHosts : IAsyncDisposable
{
    /// <summary>The swarm's, and etcd's three above it.</summary>
    private const int PortsOfAHost = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-swarm-").FullName;
    private readonly List<SwarmHost> _all = [];
    private readonly RecentLog _recent = new();
    private readonly ILoggerFactory _logs;

    public SwarmHosts() => _logs = LoggerFactory.Create(logging => logging.AddProvider(_recent));

    public SwarmHost Add()
    {
        var host = new SwarmHost(Path.Combine(_folder, $"h{_all.Count + 1}"), LoopbackPorts.Take(PortsOfAHost), _logs);
        _all.Add(host);
        return host;
    }

    public async Task<SwarmHost> InitAsync()
    {
        var host = Add();
        await host.Node.InitAsync(host.InitRequest(), default).WaitAsync(Poll.Patience);
        return host;
    }

    public async Task<SwarmHost> JoinAsync(SwarmHost manager, NodeRole role)
    {
        var tokens = manager.Node.Control!.Snapshot.Cluster!.RootCa.JoinTokens;
        var host = Add();
        await host.Node.JoinAsync(host.JoinRequest(manager, role == NodeRole.Manager ? tokens.Manager : tokens.Worker), default).WaitAsync(Poll.Patience);
        return host;
    }

    /// <summary>Changes a node's spec as a user would who asks again when the node's description, or its leader's word on it, came in between.</summary>
    public async Task UpdateNodeAsync(SwarmHost manager, SwarmHost host, Action<NodeSpec> change)
    {
        var control = manager.Node.Control!;
        while (true)
        {
            var node = control.Snapshot.Nodes.Find(host.Node.NodeId)!;
            var spec = node.Spec.Clone();
            change(spec);
            try
            {
                await control.UpdateNodeAsync(node.Id, node.Meta.Version, spec, default);
                return;
            }
            catch (SkeinException conflict) when (conflict.Message.EndsWith("update out of sequence", StringComparison.Ordinal))
            {
                await UntilAsync($"{node.Id} is known in a later version", () => control.Snapshot.Nodes.Find(node.Id)!.Meta.Version > node.Meta.Version);
            }
        }
    }

    public static NetworkSpec Overlay(string name) => new() { Annotations = new() { Name = name }, Driver = "overlay" };

    public Task SetRoleAsync(SwarmHost manager, SwarmHost host, NodeRole role) => UpdateNodeAsync(manager, host, spec => spec.Role = role);

    public Task UntilAsync(string what, Func<bool> holds) => Poll.UntilAsync(what, holds, _recent.ToString);

    public bool Logged(string text) => _recent.ToString().Contains(text, StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _all) await host.DisposeAsync();
        _logs.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
