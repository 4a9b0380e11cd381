using System.Net;
using Skein.Manager.Certificates;
using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Hosting;

/// <summary>
/// This host's part in a swarm. One change at a time; what a node is stands in the swarm folder (certificate,
/// swarm.json, etcd's data), is written before it takes effect, and is all that a restart needs.
/// </summary>
internal sealed partial class SwarmNode : ISwarmNode, IAsyncDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>For etcd to find its leader and the replica to load, after a start: 0.3 s alone, 1 to 3 s among others.</summary>
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(10);

    private readonly DaemonOptions _options;
    private readonly INodeAgent _agent;
    private readonly TimeProvider _time;
    private readonly IIdSource _ids;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly JoinClient _joining;
    private readonly SemaphoreSlim _one = new(1);
    private CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;
    private NodeIdentity? _identity;
    private SwarmMemory? _memory;
    private volatile ManagerParts? _manager;
    private volatile ISwarmControl? _control;
    private volatile string _roleError = "";
    private long _started;

    public SwarmNode(DaemonOptions options, INodeAgent agent, TimeProvider time, IIdSource ids, ILoggerFactory logs)
    {
        (_options, _agent, _time, _ids, _logs) = (options, agent, time, ids, logs);
        _log = logs.CreateLogger<SwarmNode>();
        _joining = new(time);
    }

    public LocalNodeState State { get; private set; }

    public string Error
    {
        get => field.Length > 0 ? field : _roleError;
        private set;
    } = "";

    public string NodeId => _memory?.NodeId ?? "";

    public string NodeAddress => _memory?.AdvertiseAddr ?? "";

    public ISwarmControl? Control => _control;

    public ISwarmLogs? Logs => _control is null ? null : _manager?.Logs;

    public bool LacksLeader =>
        State is LocalNodeState.Active or LocalNodeState.Pending && _memory?.Manager is not null && (_control is null || _manager is not { IsCutOff: false });

    public IReadOnlyList<ManagerPeer> Managers => _agent.Managers;

    private string CertificateFolder => Path.Combine(_options.SwarmFolder, "certificates");

    public async Task SettleAsync(CancellationToken cancel)
    {
        while (LacksLeader && _time.GetElapsedTime(_started) < SettlePatience) await Task.Delay(Poll, _time, cancel);
    }

    /// <summary>Takes up what the disk says. Never waits for another host: a manager's part comes when the others do.</summary>
    public void Start()
    {
        try
        {
            _started = _time.GetTimestamp();
            _memory = SwarmMemory.Read(_options.SwarmFolder);
            if (_memory is null) return;
            _identity = NodeIdentity.Load(CertificateFolder, _time)
                ?? throw new SkeinException(ErrorKind.Internal, $"swarm.json stands in {_options.SwarmFolder} without the node's certificate");
            State = LocalNodeState.Pending;
            if (_identity.Current.NotAfter < _time.GetUtcNow())
                Fail($"the node's certificate has expired on {_identity.Current.NotAfter:u}; leave the swarm and join it again");
            StartAgent();
            if (_memory.Manager is not null) StartEtcdFromDisk(_memory, _identity);
            _background = RunInBackgroundAsync(_stop.Token);
        }
        catch (Exception e) when (e is SkeinException or IOException or System.Text.Json.JsonException)
        {
            Fail(e.Message);
        }
    }

    public async Task<string> InitAsync(SwarmInitRequest request, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (State != LocalNodeState.Inactive) throw SwarmMessages.AlreadyInSwarm();
            var listen = SwarmAddresses.Listen(request.ListenAddr);
            var advertise = SwarmAddresses.Advertise(request.AdvertiseAddr, _options.SwarmDefaultAdvertiseAddr, listen, towards: null);
            SwarmAddresses.DataPath(request.DataPathAddr);
            SwarmInitCheck.Check(request, _agent.Describe().LocalSubnets);
            return await GuardAsync(() => BeginSwarmAsync(request, listen, advertise, cancel));
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task JoinAsync(SwarmJoinRequest request, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (State != LocalNodeState.Inactive) throw SwarmMessages.AlreadyInSwarm();
            // Docker's order, of which the first complaint is heard.
            var listen = SwarmAddresses.Listen(request.ListenAddr);
            if (request.RemoteAddrs.Count == 0) throw SkeinException.Invalid("at least 1 RemoteAddr is required to join");
            if (request.JoinToken.Length == 0) throw RpcError.InvalidArgument("A valid join token is necessary to join this cluster");
            var token = JoinToken.Parse(request.JoinToken);
            SwarmAddresses.DataPath(request.DataPathAddr);
            await GuardAsync(() => JoinSwarmAsync(request, token, listen, cancel));
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task LeaveAsync(bool force, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (State == LocalNodeState.Inactive) throw SwarmMessages.NotInSwarm();
            if (_memory?.Manager is not null && !force) throw RefuseToLeave();
            LogLeaving(NodeId);
            await ForgetAsync(cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The daemon ends. Containers, networks and their entries stay as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync();
        await StopPartsAsync();
        _stop.Dispose();
    }

    private async Task<string> BeginSwarmAsync(SwarmInitRequest request, IPEndPoint listen, IPEndPoint advertise, CancellationToken cancel)
    {
        RequireFit(listen);
        var (nodeId, clusterId) = (_ids.NewId(), _ids.NewId());
        using var authority = RootAuthority.Create(_time, _ids);
        _identity = SelfIssued(authority, new(nodeId, NodeRole.Manager, clusterId), advertise.Address, request.Spec);
        var key = new byte[ValueSeal.KeySize];
        _ids.Fill(key);
        var memory = Remember(nodeId, listen, advertise, request.DataPathAddr, request.DataPathPort, [], null);
        memory = memory with { Manager = new(key, clusterId, true, [new(nodeId, ManagerPorts.EtcdPeerUrl(memory))]) };
        Keep(memory);

        var manager = _manager = ManagerParts.StartEtcd(_options, memory, memory.Manager!, _identity, _time, _ids, _logs);
        await manager.OpenAsync(cancel);
        var birth = SwarmBirth.Of(request, clusterId, _ids.NewId(), FirstNode(request, memory), authority, new JoinTokenSource(_ids), _time, _ids);
        await manager.Store.CommitAsync(birth, null, cancel);
        await manager.ServeAsync(listen, _identity, cancel);
        await WaitForLeaderAsync(manager, cancel);
        _control = manager.Control;
        StartAgent();
        State = LocalNodeState.Active;
        _background = RunInBackgroundAsync(_stop.Token);
        LogBegun(nodeId, clusterId);
        // Its session writes the node once more: who is answered before could not change what he has just been shown.
        if (!await ConnectsAsync(cancel)) LogLateSession(JoinPatience.TotalSeconds);
        return nodeId;
    }

    private async Task JoinSwarmAsync(SwarmJoinRequest request, JoinToken token, IPEndPoint listen, CancellationToken cancel)
    {
        var (remote, issued, advertise) = await AskToJoinAsync(request, token, listen, cancel);
        _identity = new(CertificateFolder, issued.Credentials, _time);
        _identity.Save();
        var memory = Remember(issued.NodeId, listen, advertise, request.DataPathAddr, 0, [remote.ToString()], null);
        Keep(memory);
        if (issued.Credentials.Name.Role == NodeRole.Manager) await BecomeManagerAsync(remote.ToString(), cancel);
        StartAgent();
        _background = RunInBackgroundAsync(_stop.Token);
        if (!await ConnectsAsync(cancel)) throw SwarmMessages.JoinTakesLong();
        State = LocalNodeState.Active;
        LogJoined(issued.NodeId, issued.Credentials.Name.Role);
    }

    /// <summary>The first manager that answers decides; one that refuses is not asked around.</summary>
    private async Task<(IPEndPoint Remote, IssuedCertificate Issued, IPEndPoint Advertise)> AskToJoinAsync(
        SwarmJoinRequest request, JoinToken token, IPEndPoint listen, CancellationToken cancel)
    {
        SkeinException? last = null;
        var unfit = WhyUnfit(listen);
        foreach (var text in request.RemoteAddrs)
        {
            var remote = SwarmAddresses.Remote(text);
            var advertise = SwarmAddresses.Advertise(request.AdvertiseAddr, _options.SwarmDefaultAdvertiseAddr, listen, remote);
            try
            {
                var issued = await _joining.JoinAsync(remote.ToString(), token, request.Availability, [advertise.Address], unfit, cancel);
                return (remote, issued, advertise);
            }
            catch (SkeinException e) when (e.Kind == ErrorKind.Unavailable)
            {
                last = e;
            }
        }
        throw last!;
    }

    private NodeIdentity SelfIssued(RootAuthority authority, CertificateName name, IPAddress address, ClusterSpec spec)
    {
        var request = CertificateSigningRequest.Create([address]);
        var certificate = authority.Issue(request.Pem, name, RootAuthority.NodeLifetimeOf(spec));
        var identity = new NodeIdentity(CertificateFolder, NodeCredentials.Create(certificate, request.KeyPem, authority.CertificatePem), _time);
        identity.Save();
        return identity;
    }

    private Node FirstNode(SwarmInitRequest request, SwarmMemory memory) => new()
    {
        Id = memory.NodeId,
        Spec = new() { Annotations = new(), Role = NodeRole.Manager, Availability = request.Availability },
        Description = _agent.Describe(),
        Status = new() { State = NodeState.Ready, Addr = memory.AdvertiseAddr },
        ManagerStatus = new() { Addr = memory.Advertised, Reachability = Reachability.Reachable },
        Vtep = memory.Vtep,
    };

    private static SwarmMemory Remember(
        string nodeId, IPEndPoint listen, IPEndPoint advertise, string dataPathAddr, uint dataPathPort, IReadOnlyList<string> managers, ManagerMemory? manager)
    {
        var vtep = SwarmAddresses.DataPath(dataPathAddr) ?? advertise.Address;
        return new(nodeId, listen.ToString(), advertise.Address.ToString(), advertise.Port, vtep.ToString(), dataPathPort, managers, manager);
    }

    private void Keep(SwarmMemory memory)
    {
        memory.Write(_options.SwarmFolder);
        _memory = memory;
        State = LocalNodeState.Pending;
    }

    private void StartAgent()
    {
        var (memory, identity) = (_memory!, _identity!);
        List<ManagerPeer> managers = [.. memory.Managers.Select(addr => new ManagerPeer { Addr = addr })];
        if (memory.Manager is not null) managers.Insert(0, new() { NodeId = memory.NodeId, Addr = memory.Advertised });
        _agent.Start(new(identity, memory.AdvertiseAddr, memory.Vtep, managers, memory.FromHere), OnWelcome);
    }

    private async Task WaitForLeaderAsync(ManagerParts manager, CancellationToken cancel)
    {
        var seen = await manager.Store.WaitUntilAsync(s => s.Leader is not null, JoinPatience, _time, cancel);
        if (seen.Leader is null) throw new TimeoutException($"the new swarm has no leader after {JoinPatience.TotalSeconds} s");
    }

    private async Task<bool> ConnectsAsync(CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        while (!_agent.Connected)
        {
            if (_time.GetElapsedTime(started) > JoinPatience) return false;
            await Task.Delay(Poll, _time, cancel);
        }
        return true;
    }

    private SkeinException RefuseToLeave()
    {
        var managers = _control?.Snapshot.Nodes.All.Where(node => node.ManagerStatus is not null).ToList() ?? [];
        var unreachable = managers.Count(node => node.ManagerStatus.Reachability == Reachability.Unreachable);
        return SwarmMessages.ManagerMustForce(managers.Count - unreachable, unreachable);
    }

    /// <summary>A failed init or join leaves the host as it was; one that only takes long goes on.</summary>
    private async Task<T> GuardAsync<T>(Func<Task<T>> begin)
    {
        try
        {
            return await begin();
        }
        catch (Exception e) when (e is not SkeinException { Message: var message } || message != SwarmMessages.JoinTakesLong().Message)
        {
            LogNotBegun(e.Message);
            await ForgetAsync(CancellationToken.None);
            throw;
        }
    }

    private Task GuardAsync(Func<Task> begin) => GuardAsync(async () =>
    {
        await begin();
        return true;
    });

    private async Task ForgetAsync(CancellationToken cancel)
    {
        await StopBackgroundAsync();
        var others = OtherManagers();   // until the agent forgets them
        await _agent.WipeAsync(cancel);
        if (_manager is { } manager)
        {
            _control = null;
            if (others.Count > 0) await LeaveMembersAsync(manager, others);
            await manager.DisposeAsync();
            _manager = null;
        }
        if (Directory.Exists(_options.SwarmFolder)) Directory.Delete(_options.SwarmFolder, recursive: true);
        (_memory, _identity, _told, _roleError) = (null, null, null, "");
        (State, Error) = (LocalNodeState.Inactive, "");
    }

    private async Task StopPartsAsync()
    {
        await StopBackgroundAsync();
        await _agent.StopAsync();
        _control = null;
        if (_manager is { } manager) await manager.DisposeAsync();
        _manager = null;
    }

    private async Task StopBackgroundAsync()
    {
        await _stop.CancelAsync();
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _stop = new();
    }

    private void Fail(string why)
    {
        (State, Error) = (LocalNodeState.Error, why);
        LogFailed(why);
    }
}
