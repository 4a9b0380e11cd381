using Google.Protobuf;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Api.Engine;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Identity;
using Skein.Model.Timing;
using Skein.NodeLife;

namespace Skein.Hosting;

/// <summary>
/// The node's session, and what acts on its assignments, while the host is in a swarm. Leaving is a word to the manager, which
/// gives the tasks to others, and then an empty assignment: tasks and networks go the way they always go.
/// </summary>
internal sealed class NodeAgent(
    DaemonOptions options,
    AssignmentState assignments,
    CurrentOutbox outbox,
    DependencyContents contents,
    OverlayAttachments attachments,
    INodeParts parts,
    TimeProvider time,
    ILoggerFactory logs) : INodeAgent
{
    /// <summary>For the manager to write it down; one that can't finds out by the beats that do not come.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    private readonly LocalSubnetWatch _subnets = new(time);
    private ManagerDirectory _managers = new();
    private AgentSession? _session;
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private NodeIdentity? _identity;
    private NodeMembership? _membership;
    private Action<Welcome> _welcomed = _ => { };

    /// <summary>What the managers were told of last; a newer one may have come before it is waited for.</summary>
    private volatile NodeCredentials? _described;

    public IReadOnlyList<ManagerPeer> Managers => _managers.Current;

    public bool Connected => _session?.ConnectedTo.Length > 0;

    private NodeMembership Membership => _membership ?? throw new InvalidOperationException("the node's session has not begun");

    private string MemoryPath => Path.Combine(options.SwarmFolder, "session");

    public NodeDescription Describe()
    {
        _described = _identity?.Current;
        var description = Own();
        description.LocalSubnets.Add(LocalSubnets.Read());
        return description;
    }

    /// <summary>Without what is around the host, which a router's routes make costly to ask for.</summary>
    public NodeDescription Own()
    {
        var description = new NodeDescription
        {
            Hostname = Environment.MachineName,
            Platform = new() { Architecture = HostFacts.MachineArchitecture, Os = "linux" },
            Resources = new()
            {
                NanoCpus = Environment.ProcessorCount * 1_000_000_000L,
                MemoryBytes = HostFacts.MemoryTotal,
            },
            EngineVersion = ProgramVersion.Current,
        };
        description.Resources.Generic.Add(GenericResources.Parse(options.NodeGenericResources));
        description.AllowServices.Add(options.AllowServices);
        foreach (var label in options.Labels)
        {
            var equals = label.IndexOf('=');
            description.EngineLabels[label[..equals]] = label[(equals + 1)..];
        }
        if (_identity?.Current is { } credentials)
        {
            description.TlsCertificate = ByteString.CopyFromUtf8(credentials.Certificate.ExportCertificatePem() + "\n");
            description.TlsInfo = CertificateIssuer.InfoOf(credentials);
        }
        return description;
    }

    public void Restore(string nodeId)
    {
        if (_session is not null) return;
        _managers = new();
        _session = new(
            nodeId, assignments, (addr, _) => ValueTask.FromResult(ManagerChannel.Open(Membership.FromHere(addr), Membership.Identity)), _managers,
            _ => ValueTask.FromResult(new Hello { Description = Describe(), AdvertiseAddr = Membership.AdvertiseAddr, Vtep = Membership.Vtep }),
            MemoryPath, time, new Random(), logs)
        {
            Welcomed = welcome => _welcomed(welcome),
            Descriptions = new(Describe, cancel => DescribedAnewAsync(Membership.Identity, cancel)),
            WhenProgrammed = parts.WhenProgrammedAsync,
            Drained = parts.NoteDrained,
            DependenciesTold = contents.Apply,
            Attachments = attachments,
            LogsWanted = (wanted, manager, session) => _ = parts.PublishLogsAsync(wanted, manager, session),
        };
        _session.Restore();
        outbox.Attach(_session.Outbox);
        parts.Start();
    }

    public async Task StartAsync(NodeMembership membership, Action<Welcome> welcomed)
    {
        if (_stop is not null)
        {
            await EndSessionAsync();
            await parts.StopAsync();
        }
        (_identity, _membership, _welcomed) = (membership.Identity, membership, welcomed);
        Restore(membership.Identity.Current.Name.NodeId);
        if (_managers.Current.Count == 0) _managers.Set(membership.Managers);
        _stop = new();
        _running = _session!.RunAsync(_stop.Token);
    }

    public void SayRole(string failure) => _session?.SayRole(failure);

    public async Task StopAsync()
    {
        await EndSessionAsync();
        await parts.StopAsync();
    }

    public async Task WipeAsync(CancellationToken cancel)
    {
        if (_session is null) return;   // it was never begun
        await SayThatItLeavesAsync(cancel);
        await EndSessionAsync();
        assignments.Publish(NodeAssignments.Empty);
        contents.Apply(new() { Full = true });
        await parts.RemoveAllAsync(cancel);
        _identity = null;
        _managers = new();
    }

    /// <summary>Until there are other networks around the host, or it has another certificate.</summary>
    private Task DescribedAnewAsync(NodeIdentity identity, CancellationToken cancel) =>
        Sides.FirstAsync(cancel, _subnets.WaitAsync, over => identity.WhenReplacedAsync(_described ?? identity.Current, over));

    private async Task SayThatItLeavesAsync(CancellationToken cancel)
    {
        if (!Connected) return;
        _session!.Leave();
        await _running.WaitAsync(LeavePatience, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task EndSessionAsync()
    {
        if (_session is null) return;
        if (_stop is not null)
        {
            await _stop.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
        outbox.Detach();
        (_stop, _session) = (null, null);
    }
}
