using System.Net;
using Grpc.Core;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Hosting;

/// <summary>A node becoming a manager and ceasing to be one, and what runs beside it all the time.</summary>
internal sealed partial class SwarmNode
{
    private static readonly TimeSpan LeaveMembersPatience = TimeSpan.FromSeconds(5);

    /// <summary>Of one manager that is asked to take this one out: its etcd may forget the first attempt, and tries again after three.</summary>
    private static readonly TimeSpan RemovePatience = TimeSpan.FromSeconds(4);

    /// <summary>What keeps a node from its role lasts: a port that is taken, a network that is down.</summary>
    private static readonly TimeSpan LongestRolePause = TimeSpan.FromSeconds(10);

    /// <summary>For a manager to add another: it may restart its etcd for that, and wait for those that were added just before.</summary>
    private static readonly TimeSpan AddPatience = TimeSpan.FromSeconds(40);

    private volatile TaskCompletionSource _toldAnew = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Welcome? _told;

    private void OnWelcome(Welcome welcome)
    {
        if (State == LocalNodeState.Pending && _memory?.Manager is null) State = LocalNodeState.Active;
        _told = welcome;
        _toldAnew.TrySetResult();
    }

    /// <summary>Takes the manager's part up again after a restart, renews the certificate, and follows changes of the role.</summary>
    private async Task RunInBackgroundAsync(CancellationToken stop)
    {
        var (identity, memory) = (_identity!, _memory!);
        var renewal = new CertificateRenewal(
            identity, _joining, () => [.. _agent.Managers.Select(manager => memory.FromHere(manager.Addr))], [IPAddress.Parse(memory.AdvertiseAddr)],
            _time, _ids, _logs.CreateLogger<CertificateRenewal>());
        await Task.WhenAll(ResumeAsync(identity, stop), renewal.RunAsync(stop), FollowRoleAsync(identity, renewal, stop));
    }

    private void StartEtcdFromDisk(SwarmMemory memory, NodeIdentity identity) =>
        _manager = ManagerParts.StartEtcd(_options, memory, memory.Manager!, identity, _time, _ids, _logs);

    private async Task ResumeAsync(NodeIdentity identity, CancellationToken stop)
    {
        if (_manager is not { } manager || _control is not null) return;
        while (!stop.IsCancellationRequested && _manager == manager)
        {
            try
            {
                await manager.OpenStoreAsync(stop);
                await manager.ServeAsync(IPEndPoint.Parse(_memory!.ListenAddr), identity, stop);
                _control = manager.Control;
                if (State == LocalNodeState.Pending) State = LocalNodeState.Active;
                LogResumed(NodeId);
                return;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogNotResumed(e.Message);
                await Task.Delay(RetryPause, _time, stop);
            }
        }
    }

    private async Task FollowRoleAsync(NodeIdentity identity, CertificateRenewal renewal, CancellationToken stop)
    {
        var pause = RetryPause;
        while (true)
        {
            await _toldAnew.Task.WaitAsync(stop);
            _toldAnew = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_told is not { } told) continue;
            try
            {
                if (told.Missing || told.Role != RoleNow() || told.Role != identity.Current.Name.Role) await TakeRoleAsync(told, identity, renewal, stop);
                pause = RetryPause;
                SayRole("");
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogRoleNotTaken(told.Role.ToString(), e.Message);
                SayRole($"this node cannot be a {told.Role.ToString().ToLowerInvariant()} yet: {e.Message}");
                await Task.WhenAny(_toldAnew.Task, Task.Delay(pause, _time, stop));
                stop.ThrowIfCancellationRequested();
                pause = pause * 2 < LongestRolePause ? pause * 2 : LongestRolePause;
                _toldAnew.TrySetResult();
            }
        }
    }

    /// <summary>Where it is asked for: `docker info` here, and the node's status at the managers.</summary>
    private void SayRole(string failure)
    {
        _roleError = failure;
        _agent.SayRole(failure);
    }

    private NodeRole RoleNow() => _memory?.Manager is null ? NodeRole.Worker : NodeRole.Manager;

    private async Task TakeRoleAsync(Welcome told, NodeIdentity identity, CertificateRenewal renewal, CancellationToken stop)
    {
        var desired = told.Role;
        LogRole(desired);
        // etcd speaks to managers' certificates alone: the new one comes before the first word to it, and after the last.
        // A member that was taken out never comes back, whatever its node shall be: what it has is of the past.
        if (desired == NodeRole.Worker || told.Missing) await CeaseToBeManagerAsync(stop);
        if (identity.Current.Name.Role != desired) await renewal.TryRenewAsync(stop);
        if (identity.Current.Name.Role != desired) throw SkeinException.Unavailable("no manager has given a certificate for the new role");
        if (desired != RoleNow()) await BecomeManagerAsync(OtherManagers().FirstOrDefault() ?? throw SkeinException.Unavailable("no other manager is known"), stop);
        // It is in session, and no longer waits for the part that it had when the daemon started.
        if (State == LocalNodeState.Pending) State = LocalNodeState.Active;
    }

    /// <summary>Those in reach first. Before its first session a node knows whom it has joined.</summary>
    private IReadOnlyList<string> OtherManagers() => _agent.Managers.Count == 0
        ? _memory?.Managers ?? []
        : [.. _agent.Managers.Where(manager => manager.NodeId != NodeId).Select(manager => manager.Addr)];

    /// <exception cref="SkeinException">This host cannot be a manager: it has no etcd, or another program has the ports.</exception>
    private void RequireFit(IPEndPoint listen)
    {
        EtcdOptions.RequireShort(EtcdFolder);
        ManagerPorts.RequireFree(listen);
        EtcdProcess.RequireInstalled(_options.Etcd);
    }

    private string WhyUnfit(IPEndPoint listen)
    {
        try
        {
            RequireFit(listen);
            return "";
        }
        catch (SkeinException e)
        {
            return e.Message;
        }
    }

    /// <summary>Is added to the state by a manager, copies it, and serves. Its folder holds all that a restart needs from the first step on.</summary>
    private async Task BecomeManagerAsync(string remote, CancellationToken cancel)
    {
        var (identity, memory) = (_identity!, _memory!);
        var listen = IPEndPoint.Parse(memory.ListenAddr);
        ManagerParts? manager = null;
        try
        {
            RequireFit(listen);
            // What an earlier attempt left belongs to a member that is about to be replaced.
            if (Directory.Exists(EtcdFolder)) Directory.Delete(EtcdFolder, recursive: true);
            var response = await AskToBeAddedAsync(remote, memory, identity, cancel);
            var members = response.Members.Select(member => new MemberMemory(member.Name, member.PeerUrl)).ToList();
            memory = memory with { Manager = new(response.StoreKey.ToByteArray(), response.ClusterToken, false, members) };
            memory.Write(_options.SwarmFolder);
            manager = ManagerParts.StartEtcd(_options, memory, memory.Manager!, identity, _time, _ids, _logs);
            await manager.OpenAsync(cancel);
            await manager.ServeAsync(listen, identity, cancel);
        }
        catch
        {
            // A member that votes and is gone would take the others' majority, and a node that never came would stand there for ever.
            await LeaveMembersAsync(manager, [remote]);
            if (manager is not null) await manager.DisposeAsync();
            throw;
        }
        (_memory, _manager, _control) = (memory, manager, manager.Control);
    }

    private async Task<AddManagerResponse> AskToBeAddedAsync(string remote, SwarmMemory memory, NodeIdentity identity, CancellationToken cancel)
    {
        using var channel = ManagerChannel.Open(remote, identity);
        try
        {
            var request = new AddManagerRequest { PeerUrl = ManagerPorts.EtcdPeerUrl(memory), Addr = memory.Advertised };
            return await new Membership.MembershipClient(channel).AddManagerAsync(request, deadline: (_time.GetUtcNow() + AddPatience).UtcDateTime, cancellationToken: cancel);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw new SkeinException(ErrorKind.Unavailable, $"rpc error: code = {e.StatusCode} desc = {NotReached.Why(e) ?? e.Status.Detail}", e);
        }
    }

    private async Task CeaseToBeManagerAsync(CancellationToken stop)
    {
        if (_manager is not { } manager) return;
        if (!await LeaveMembersAsync(manager, OtherManagers()) && IsManagerInState())
            throw SkeinException.Unavailable("this node's etcd is still a member of the managers' state");
        stop.ThrowIfCancellationRequested();
        _control = null;
        await manager.DisposeAsync();
        _manager = null;
        _memory = _memory! with { Manager = null, Managers = [.. _agent.Managers.Where(peer => peer.NodeId != NodeId).Select(peer => peer.Addr)] };
        _memory.Write(_options.SwarmFolder);
        Directory.Delete(EtcdFolder, recursive: true);
    }

    /// <summary>As the manager of this node's session says. A member that ends while it is one takes its vote away from the others.</summary>
    private bool IsManagerInState() => _agent.Managers.Any(manager => manager.NodeId == NodeId);

    private string EtcdFolder => Path.Combine(_options.SwarmFolder, "etcd");

    /// <summary>Out of etcd before the power goes: members that are gone for good count against the majority.</summary>
    private async Task<bool> LeaveMembersAsync(ManagerParts? manager, IReadOnlyList<string> others)
    {
        using var patience = new CancellationTokenSource(LeaveMembersPatience, _time);
        return manager is null
            ? await IsRemovedByAsync(others, patience.Token)
            : await manager.TryLeaveAsync(token => IsRemovedByAsync(others, token), patience.Token);
    }

    /// <summary>True when one of the others has taken this node's member out.</summary>
    private async Task<bool> IsRemovedByAsync(IReadOnlyList<string> others, CancellationToken cancel)
    {
        foreach (var addr in others)
        {
            using var channel = ManagerChannel.Open(addr, _identity!);
            try
            {
                await new Membership.MembershipClient(channel).RemoveManagerAsync(
                    new(), deadline: (_time.GetUtcNow() + RemovePatience).UtcDateTime, cancellationToken: cancel);
                return true;
            }
            catch (RpcException e)
            {
                LogNotRemovedBy(addr, NotReached.Why(e) ?? e.Status.Detail);
            }
        }
        return false;
    }
}
