using System.Net;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>
/// Carries out what a node's life decides, one piece at a time. Each piece is written to the disk before it takes effect, so that a
/// daemon that is killed in the midst of it is followed by one that goes on from there, or undoes it.
/// </summary>
internal sealed partial class NodeWork : IDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LapseLook = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortLook = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly NodeOptions _options;
    private readonly INodeAgent _agent;
    private readonly Action<LifeEvent> _tell;
    private readonly TimeProvider _time;
    private readonly IIdSource _ids;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly JoinClient _joining;

    /// <summary>Written by the work under way, of which there is one at a time; read by anybody.</summary>
    private volatile NodeHoldings _holdings = NodeHoldings.None;

    /// <summary>Only of who carries out the commands, one after the other.</summary>
    private CancellationTokenSource _calledOff = new();

    // From here on, as what is held: the work's alone.
    private CancellationTokenSource _noRenewal = new();
    private Task _renewing = Task.CompletedTask;
    private CertificateRenewal? _renewal;

    /// <summary>Of a swarm that begins: until its first objects are written.</summary>
    private RootAuthority? _authority;

    public NodeWork(NodeOptions options, INodeAgent agent, Action<LifeEvent> tell, TimeProvider time, IIdSource ids, ILoggerFactory logs)
    {
        (_options, _agent, _tell, _time, _ids, _logs) = (options, agent, tell, time, ids, logs);
        _log = logs.CreateLogger<NodeWork>();
        _joining = new(time);
    }

    public NodeHoldings Holdings => _holdings;

    private SwarmMemory Memory => _holdings.Memory ?? throw new InvalidOperationException("this host has no memory of a swarm");

    private NodeIdentity Identity => _holdings.Identity ?? throw new InvalidOperationException("this host has no certificate of a swarm");

    private ManagerParts Manager => _holdings.Manager ?? throw new InvalidOperationException("this host runs no manager's part");

    private string EtcdFolder => ManagerSettings.EtcdFolderOf(_options.SwarmFolder);

    private string CertificateFolder => Path.Combine(_options.SwarmFolder, "certificates");

    /// <summary>Reads and keeps what the swarm folder says.</summary>
    public Disk ReadDisk()
    {
        try
        {
            if (SwarmMemory.Read(_options.SwarmFolder) is not { } memory) return new Disk.Nothing();
            _holdings = new(memory, memory.IsLocked ? null : LoadIdentity(memory), null);
            if (memory.Unfinished) return new Disk.Unfinished();
            if (memory.IsLocked) return new Disk.Locked();
            if (_holdings.Identity is not { } identity)
                return new Disk.Unreadable($"swarm.json stands in {_options.SwarmFolder} without the node's certificate");
            FollowAddress(memory);
            return new Disk.Node(memory.Manager is null ? Part.Worker : Part.Manager, WhatIsWrongWith(identity.Current), memory.Manager is { Forced: true });
        }
        catch (Exception e) when (e is SkeinException or IOException or System.Text.Json.JsonException)
        {
            return new Disk.Unreadable(e.Message);
        }
    }

    private void FollowAddress(SwarmMemory memory)
    {
        var moved = SwarmMoves.Moved(memory, HostAddresses.Read());
        if (moved == memory) return;
        LogMoved($"{memory.AdvertiseAddr}, {memory.Vtep}", $"{moved.AdvertiseAddr}, {moved.Vtep}");
        Keep(moved);
    }

    private NodeIdentity? LoadIdentity(SwarmMemory memory) =>
        NodeIdentity.Load(CertificateFolder, _time, _options.ClearFolder, memory.Manager?.NodeSeal);

    /// <summary>The next work may begin; ends when it is called off.</summary>
    public CancellationToken Begin()
    {
        _calledOff.Dispose();
        _calledOff = new();
        return _calledOff.Token;
    }

    public void CallOff() => _calledOff.Cancel();

    /// <returns>What <see cref="LifeEvent.Done"/> says.</returns>
    public async Task<bool> DoAsync(LifeCommand.Work work, CancellationToken cancel)
    {
        switch (work)
        {
            case LifeCommand.Check check: Check(check.Request); break;
            case LifeCommand.Unlock unlock: Unlock(UnlockKey.Parse(unlock.Key)); return Memory.Manager is { Forced: true };
            case LifeCommand.Announce: await Manager.AnnounceAsync(Memory.Advertised, cancel); break;
            case LifeCommand.StopServing: await EndManagerAsync(); break;
            case LifeCommand.Force force: Force(force.Wish); break;
            case LifeCommand.TakeOver over: await TakeOverAsync(over.Wish, cancel); break;
            case LifeCommand.StartLocked: StartLocked(); break;
            case LifeCommand.Seal: Seal(); break;
            case LifeCommand.Found found: Found(found.Wish); break;
            case LifeCommand.AskToJoin ask: return await AskToJoinAsync(ask.Wish, cancel);
            case LifeCommand.AskToBeManager: await AskToBeManagerAsync(cancel); break;
            case LifeCommand.StartState: StartState(); break;
            case LifeCommand.OpenState open: await OpenStateAsync(open.InTime, cancel); break;
            case LifeCommand.Birth birth: await GiveBirthAsync(birth.Wish, cancel); break;
            case LifeCommand.Serve: await ServeAsync(cancel); break;
            case LifeCommand.AwaitLeader: await AwaitLeaderAsync(cancel); break;
            case LifeCommand.StartAgent: await StartAgentAsync(); break;
            case LifeCommand.AwaitSession session: await AwaitSessionAsync(session.Strictly, cancel); break;
            case LifeCommand.LeaveMembers: await LeaveMembersAsync(); break;
            case LifeCommand.StopManager: await StopManagerAsync(); break;
            case LifeCommand.Certify certify: await CertifyAsync(certify.Role, cancel); break;
            case LifeCommand.Withdraw: await WithdrawAsync(); break;
            case LifeCommand.Pause pause: await Task.Delay(pause.Time, _time, cancel); break;
            case LifeCommand.Forget forget: await ForgetAsync(forget.Undone); break;
            case LifeCommand.StopParts: await StopPartsAsync(); break;
            default: throw new ArgumentOutOfRangeException(nameof(work), work, "no such work");
        }
        return false;
    }

    public void Dispose()
    {
        _authority?.Dispose();
        _calledOff.Dispose();
        _noRenewal.Dispose();
    }

    private string WhatIsWrongWith(NodeCredentials credentials) => credentials.NotAfter < _time.GetUtcNow()
        ? $"the node's certificate has expired on {credentials.NotAfter:u}; " + (credentials.NotAfter + NodeIdentity.Grace < _time.GetUtcNow()
            ? "leave the swarm and join it again"
            : $"until {credentials.NotAfter + NodeIdentity.Grace:u} it is renewed as soon as a manager is in reach")
        : "";

    private void Check(LifeRequest request)
    {
        if (request is LifeRequest.Init { Wish: var init })
        {
            AddressesOf(init);
            if (init.ForceNewCluster && _holdings.Memory is not null) SwarmInitCheck.CheckForced(init);
            else SwarmInitCheck.Check(init, _agent.Describe().LocalSubnets);
        }
        if (request is LifeRequest.Join { Wish: var join })
        {
            // Docker's order, of which the first complaint is heard.
            SwarmAddresses.Listen(join.ListenAddr);
            if (join.RemoteAddrs.Count == 0) throw SkeinException.Invalid("at least 1 RemoteAddr is required to join");
            if (join.JoinToken.Length == 0) throw RpcError.InvalidArgument("A valid join token is necessary to join this cluster");
            JoinToken.Parse(join.JoinToken);
            SwarmAddresses.DataPath(join.DataPathAddr);
        }
    }

    private (IPEndPoint Listen, IPEndPoint Advertise) AddressesOf(SwarmInitRequest wish)
    {
        var listen = SwarmAddresses.Listen(wish.ListenAddr);
        var advertise = SwarmAddresses.Advertise(wish.AdvertiseAddr, _options.DefaultAdvertiseAddr, listen, towards: null);
        SwarmAddresses.DataPath(wish.DataPathAddr);
        return (listen, advertise);
    }

    /// <summary>The certificate first: a memory without one is of no use to anybody.</summary>
    private void Found(SwarmInitRequest wish)
    {
        var (listen, advertise) = AddressesOf(wish);
        RequireFit(listen);
        // Of a swarm whose memory is gone: a new one must not go on with it.
        RemoveFolder(EtcdFolder);
        var (nodeId, clusterId) = (_ids.NewId(), _ids.NewId());
        _authority?.Dispose();
        _authority = RootAuthority.Create(_time, _ids);
        var identity = SelfIssued(_authority, new(nodeId, NodeRole.Manager, clusterId), advertise.Address, wish.Spec);
        var key = new byte[ValueSeal.KeySize];
        _ids.Fill(key);
        var memory = Remember(nodeId, listen, advertise, wish.DataPathAddr, wish.DataPathPort, []);
        var members = (MemberMemory[])[new(nodeId, ManagerPorts.EtcdPeerUrl(memory.Advertised))];
        memory = memory with { Manager = new(key, clusterId, true, members), Unfinished = true };
        memory.Write(_options.SwarmFolder);
        _holdings = new(memory, identity, null);
    }

    private NodeIdentity SelfIssued(RootAuthority authority, CertificateName name, IPAddress address, ClusterSpec spec)
    {
        var request = CertificateSigningRequest.Create([address]);
        var certificate = authority.Issue(request.Pem, name, RootAuthority.NodeLifetimeOf(spec));
        return Keep(NodeCredentials.Create(certificate, request.KeyPem, authority.CertificatePem));
    }

    private NodeIdentity Keep(NodeCredentials credentials)
    {
        var identity = new NodeIdentity(CertificateFolder, credentials, _time) { ClearFolder = _options.ClearFolder };
        identity.Save();
        return identity;
    }

    private static SwarmMemory Remember(
        string nodeId, IPEndPoint listen, IPEndPoint advertise, string dataPathAddr, uint dataPathPort, IReadOnlyList<string> managers)
    {
        var vtep = SwarmAddresses.DataPath(dataPathAddr) ?? advertise.Address;
        var addresses = HostAddresses.Read();
        return new(
            nodeId, listen.ToString(), advertise.Address.ToString(), advertise.Port, vtep.ToString(), dataPathPort, managers, null,
            Device: SwarmMoves.DeviceOf(addresses, advertise.Address), VtepDevice: SwarmMoves.DeviceOf(addresses, vtep));
    }

    private async Task<bool> AskToJoinAsync(SwarmJoinRequest wish, CancellationToken cancel)
    {
        var listen = SwarmAddresses.Listen(wish.ListenAddr);
        var (remote, issued, advertise) = await AskAroundAsync(wish, listen, cancel);
        var identity = Keep(issued.Credentials);
        var memory = Remember(issued.NodeId, listen, advertise, wish.DataPathAddr, 0, [remote.ToString()]);
        memory.Write(_options.SwarmFolder);
        _holdings = new(memory, identity, null);
        return issued.Credentials.Name.Role == NodeRole.Manager;
    }

    /// <summary>The first manager that answers decides; one that refuses is not asked around.</summary>
    private async Task<(IPEndPoint Remote, IssuedCertificate Issued, IPEndPoint Advertise)> AskAroundAsync(
        SwarmJoinRequest wish, IPEndPoint listen, CancellationToken cancel)
    {
        SkeinException? last = null;
        var (token, unfit) = (JoinToken.Parse(wish.JoinToken), WhyUnfit(listen));
        foreach (var text in wish.RemoteAddrs)
        {
            var remote = SwarmAddresses.Remote(text);
            var advertise = SwarmAddresses.Advertise(wish.AdvertiseAddr, _options.DefaultAdvertiseAddr, listen, remote);
            try
            {
                var issued = await _joining.JoinAsync(remote.ToString(), token, wish.Availability, [advertise.Address], unfit, cancel);
                return (remote, issued, advertise);
            }
            catch (SkeinException e) when (e.Kind == ErrorKind.Unavailable)
            {
                last = e;
            }
        }
        throw last!;
    }

    private async Task GiveBirthAsync(SwarmInitRequest wish, CancellationToken cancel)
    {
        var memory = Memory;
        var clusterId = memory.Manager!.ClusterToken;
        var birth = SwarmBirth.Of(wish, clusterId, _ids.NewId(), FirstNode(wish, memory), _authority!, new JoinTokenSource(_ids), _time, _ids);
        await Manager.Store.CommitAsync(birth, null, cancel);
        Keep(memory with { Unfinished = false });
        _authority!.Dispose();
        _authority = null;
        LogBegun(memory.NodeId, clusterId);
    }

    private Node FirstNode(SwarmInitRequest wish, SwarmMemory memory) => new()
    {
        Id = memory.NodeId,
        Spec = new() { Annotations = new(), Role = NodeRole.Manager, Availability = wish.Availability },
        Description = _agent.Describe(),
        Status = new() { State = NodeState.Ready, Addr = memory.AdvertiseAddr },
        ManagerStatus = new() { Addr = memory.Advertised.ToString(), Reachability = Reachability.Reachable },
        Vtep = memory.Vtep,
    };

    private void Keep(SwarmMemory memory)
    {
        memory.Write(_options.SwarmFolder);
        _holdings = _holdings with { Memory = memory };
    }

    private async Task StartAgentAsync()
    {
        await StopRenewalAsync();
        var (memory, identity) = (Memory, Identity);
        List<ManagerPeer> managers = [.. memory.Managers.Select(addr => new ManagerPeer { Addr = addr })];
        if (memory.Manager is not null) managers.Insert(0, new() { NodeId = memory.NodeId, Addr = memory.Advertised.ToString() });
        var issuer = new ToldIssuer();
        await _agent.StartAsync(
            new(identity, memory.AdvertiseAddr, memory.Vtep, managers, memory.FromHere),
            welcome =>
            {
                issuer.Hear(welcome);
                _tell(new LifeEvent.Welcomed(new(welcome.Role, welcome.Missing, identity.Current.Name.Role)));
            });
        _renewal = new(
            identity, _joining, () => [.. _agent.Managers.Select(manager => memory.FromHere(manager.Addr))], [IPAddress.Parse(memory.AdvertiseAddr)],
            issuer, _time, _ids, _logs.CreateLogger<CertificateRenewal>());
        _renewing = Task.WhenAll(
            _renewal.RunAsync(_noRenewal.Token),
            WatchLapseAsync(identity, _noRenewal.Token),
            RenewForAddressAsync(_renewal, identity, memory.AdvertiseAddr, _noRenewal.Token));
    }

    /// <summary>Tells when the certificate is over, and when it is good again.</summary>
    private async Task WatchLapseAsync(NodeIdentity identity, CancellationToken stop)
    {
        var said = WhatIsWrongWith(identity.Current);
        while (true)
        {
            var left = identity.Current.NotAfter - _time.GetUtcNow();
            var wait = said.Length > 0 || left < TimeSpan.Zero ? TimeSpan.Zero : left < LapseLook ? left : LapseLook;
            await Task.Delay(wait + ShortLook, _time, stop);
            var now = WhatIsWrongWith(identity.Current);
            if (now == said) continue;
            _tell(new LifeEvent.Certified(said = now));
        }
    }

    /// <summary>Peers of a manager look for its address in its certificate.</summary>
    private async Task RenewForAddressAsync(CertificateRenewal renewal, NodeIdentity identity, string address, CancellationToken stop)
    {
        while (identity.Current.Name.Role == NodeRole.Manager && !identity.Current.Certificate.MatchesHostname(address, allowWildcards: false, allowCommonName: false))
        {
            await Task.Delay(ShortLook, _time, stop);
            if (_agent.Connected) await renewal.TryRenewAsync(stop);
        }
    }

    private async Task AwaitSessionAsync(bool strictly, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        while (!_agent.Connected)
        {
            if (_time.GetElapsedTime(started) > JoinPatience)
            {
                if (strictly) throw SwarmMessages.JoinTakesLong();
                LogLateSession(JoinPatience.TotalSeconds);
                return;
            }
            await Task.Delay(Poll, _time, cancel);
        }
    }

    private async Task CertifyAsync(NodeRole role, CancellationToken cancel)
    {
        if (Identity.Current.Name.Role != role && _renewal is not null) await _renewal.TryRenewAsync(cancel);
        if (Identity.Current.Name.Role != role) throw SkeinException.Unavailable("no manager has given a certificate for the new role");
    }

    /// <summary>
    /// Marked before anything is taken away, and the mark goes last: a daemon that is killed in between finds it. Such a one has no
    /// session yet, whose end takes the containers and networks along.
    /// </summary>
    private async Task ForgetAsync(Exception? undone)
    {
        if (undone is not null) LogNotBegun(undone.Message);
        var isCutOff = undone is null && _holdings.Memory is { Unfinished: true } && _holdings.Manager is null && _renewal is null;
        if (isCutOff && _holdings.Identity is not null) await StartAgentAsync();
        else if (isCutOff) _agent.Restore(Memory.NodeId);
        else if (_holdings.Memory is { Unfinished: false } memory) TryMark(memory);
        await StopRenewalAsync();
        var others = OtherManagers();   // until the agent forgets them
        await _agent.WipeAsync(CancellationToken.None);
        if (_holdings.Manager is { } manager && others.Count > 0 && _holdings.Identity is not null) await TryLeaveMembersAsync(manager, others);
        await EndManagerAsync();
        EtcdProcess.EndLeftBehind(EtcdFolder);
        foreach (var folder in (string[])[EtcdFolder, CertificateFolder, _options.SwarmFolder]) RemoveFolder(folder);
        NodeIdentity.RemoveClear(_options.ClearFolder);
        _holdings = NodeHoldings.None;
    }

    /// <summary>On a full disk it leaves all the same.</summary>
    private void TryMark(SwarmMemory memory)
    {
        try
        {
            Keep(memory with { Unfinished = true });
        }
        catch (IOException e)
        {
            LogNotMarked(e.Message);
        }
    }

    private async Task StopPartsAsync()
    {
        await StopRenewalAsync();
        await _agent.StopAsync();
        await EndManagerAsync();
        NodeIdentity.RemoveClear(_options.ClearFolder);
    }

    private static void RemoveFolder(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private async Task StopRenewalAsync()
    {
        await _noRenewal.CancelAsync();
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _noRenewal.Dispose();
        _noRenewal = new();
        _renewal = null;
    }
}
