using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Session;
using Skein.Hosting;
using Skein.Model;

namespace Skein.HostTests.Hosting;

/// <summary>Several nodes on this host's loopback, each with its own ports and folder: real etcd, real TLS, real sessions; no containers.</summary>
internal sealed class SwarmHosts : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-swarm-").FullName;
    private readonly List<SwarmHost> _all = [];
    private readonly ILoggerFactory _logs = Environment.GetEnvironmentVariable("SKEIN_TEST_LOG") is null
        ? NullLoggerFactory.Instance
        : LoggerFactory.Create(logging => logging.AddSimpleConsole(options => options.SingleLine = true));

    public SwarmHost Add()
    {
        var host = new SwarmHost(Path.Combine(_folder, $"h{_all.Count + 1}"), FreePorts(), _logs);
        _all.Add(host);
        return host;
    }

    public async Task<SwarmHost> InitAsync()
    {
        var host = Add();
        await host.Node.InitAsync(host.InitRequest(), default).WaitAsync(Deadline);
        return host;
    }

    public async Task<SwarmHost> JoinAsync(SwarmHost manager, NodeRole role)
    {
        var tokens = manager.Node.Control!.Snapshot.Cluster!.RootCa.JoinTokens;
        var host = Add();
        await host.Node.JoinAsync(host.JoinRequest(manager, role == NodeRole.Manager ? tokens.Manager : tokens.Worker), default).WaitAsync(Deadline);
        return host;
    }

    public static async Task UntilAsync(string what, Func<bool> holds)
    {
        var end = DateTime.UtcNow + Deadline;
        while (!holds())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException($"not within {Deadline.TotalSeconds} s: {what}");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _all) await host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A port for the swarm whose third neighbour, etcd's, is free as well.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            using var one = new TcpListener(IPAddress.Loopback, 0);
            one.Start();
            var port = ((IPEndPoint)one.LocalEndpoint).Port;
            try
            {
                using var other = new TcpListener(IPAddress.Loopback, port + 3);
                other.Start();
                return port;
            }
            catch (SocketException)
            {
                // the next pair
            }
        }
    }
}
