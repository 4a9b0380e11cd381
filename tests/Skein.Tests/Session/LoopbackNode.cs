using Grpc.Net.Client;
using Skein.Agent.Session;
using Skein.Model;
using Skein.Tests.Tasks;
using Xunit;

namespace Skein.Tests.Session;

/// <summary>A node's session, from a folder of its own.</summary>
internal sealed class LoopbackNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _opened;

    public LoopbackNode(string nodeId, string folder, params string[] managers)
    {
        Managers.Set(managers.Select(m => new ManagerPeer { Addr = m }));
        Session = new(nodeId, State, OpenAsync, Managers, DescribeAsync, Path.Combine(folder, "session.pb"), TimeProvider.System, new(1), Log) { DependenciesTold = Contents.Apply };
        _running = Session.RunAsync(_stop.Token);

        ValueTask<GrpcChannel> OpenAsync(string addr, CancellationToken cancel)
        {
            Interlocked.Increment(ref _opened);
            return ValueTask.FromResult(GrpcChannel.ForAddress($"http://{addr}", new() { HttpHandler = new Named(nodeId), DisposeHttpClient = true }));
        }

        ValueTask<Hello> DescribeAsync(CancellationToken cancel) => ValueTask.FromResult(
            new Hello { AdvertiseAddr = "192.168.56.14", Description = new() { Hostname = $"host-{nodeId}" } });
    }

    public AssignmentState State { get; } = new();

    public DependencyContents Contents { get; } = new();

    public ManagerDirectory Managers { get; } = new();

    public SeenLog Log { get; } = new();

    public AgentSession Session { get; }

    public Task Ended => _running;

    /// <summary>How often it set out for a manager.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed class Named(string nodeId) : DelegatingHandler(SessionHttpHandler.Create(null))
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add(LoopbackManager.NodeHeader, nodeId);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
