using Microsoft.Extensions.Logging;
using Skein.Agent.Session;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.HostTests.Hosting;

internal sealed class SwarmHost : IAsyncDisposable
{
    private readonly ILoggerFactory _logs;
    private bool _off;

    public SwarmHost(string folder, int port, ILoggerFactory logs)
    {
        (Port, _logs) = (port, logs);
        Options = new() { DataRoot = folder, ExecRoot = Path.Combine(folder, "run") };
        Node = Create();
    }

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    public DaemonOptions Options { get; }

    public SwarmNode Node { get; private set; }

    /// <summary>As it lies on its disk.</summary>
    public NodeIdentity Identity => NodeIdentity.Load(Path.Combine(Options.SwarmFolder, "certificates"), TimeProvider.System)!;

    public AssignmentState Assignments { get; private set; } = new();

    public SwarmInitRequest InitRequest() => new(Address, Address, "", 0, [], 0, false, NodeAvailability.Active, new ClusterSpec());

    public SwarmJoinRequest JoinRequest(SwarmHost manager, string token) =>
        new(Address, Address, "", [manager.Address], token, NodeAvailability.Active);

    /// <summary>The daemon ends and starts again on what its disk says.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        _off = false;
        Assignments = new();
        Node = Create();
        Node.Start();
    }

    public async Task StopAsync()
    {
        if (_off) return;
        _off = true;
        await Node.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private SwarmNode Create()
    {
        var agent = new NodeAgent(Options, Assignments, new CurrentOutbox(), new DependencyContents(), new OverlayAttachments(Assignments, new CryptoIdSource(), TimeProvider.System, _logs), new NoParts(), TimeProvider.System, _logs);
        return new(Options.Node, agent, TimeProvider.System, new CryptoIdSource(), _logs);
    }
}
