using Grpc.Core;
using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>The manager's part: how it comes and how it goes.</summary>
internal sealed partial class NodeWork
{
    private static readonly TimeSpan LeaveMembersPatience = TimeSpan.FromSeconds(5);

    /// <summary>Of one manager that is asked to take this one out: its etcd may forget the first attempt, and tries again after three.</summary>
    private static readonly TimeSpan RemovePatience = TimeSpan.FromSeconds(4);

    /// <summary>For a manager to add another: it may restart its etcd for that, and wait for those that were added just before.</summary>
    private static readonly TimeSpan AddPatience = TimeSpan.FromSeconds(40);

    /// <summary>Runs already when it is resumed once more.</summary>
    private void StartState()
    {
        if (_holdings.Manager is not null) return;
        Identity.WriteClear();
        _holdings = _holdings with { Manager = ManagerParts.StartEtcd(SettingsOf(Memory), Identity, _time, _ids, _logs) };
    }

    private ManagerSettings SettingsOf(SwarmMemory memory)
    {
        var manager = memory.Manager!;
        EtcdBootstrap bootstrap = new(manager.ClusterToken, manager.NewCluster, [.. manager.Members.Select(member => (member.Name, member.PeerUrl))], manager.Forced);
        return new(_options.Etcd, _options.SwarmFolder, memory.NodeId, memory.Listen, memory.Advertised, manager.StoreKeys, bootstrap);
    }

    private async Task OpenStateAsync(bool inTime, CancellationToken cancel)
    {
        if (Manager.IsOpen) return;
        if (inTime) await Manager.OpenAsync(cancel);
        else await Manager.OpenStoreAsync(cancel);
    }

    private async Task AwaitLeaderAsync(CancellationToken cancel)
    {
        var seen = await Manager.Store.WaitUntilAsync(s => s.Leader is not null, JoinPatience, _time, cancel);
        if (seen.Leader is null) throw new TimeoutException($"the new swarm has no leader after {JoinPatience.TotalSeconds} s");
    }

    /// <summary>Those in reach first. Before its first session a node knows whom it has joined.</summary>
    private IReadOnlyList<string> OtherManagers() => _agent.Managers.Count == 0
        ? _holdings.Memory?.Managers ?? []
        : [.. _agent.Managers.Where(manager => manager.NodeId != _holdings.Memory?.NodeId).Select(manager => manager.Addr)];

    /// <exception cref="SkeinException">This host cannot be a manager: it has no etcd, or another program has the ports.</exception>
    private void RequireFit(System.Net.IPEndPoint listen)
    {
        EtcdOptions.RequireShort(EtcdFolder);
        ManagerPorts.RequireFree(listen);
        EtcdProcess.RequireInstalled(_options.Etcd);
    }

    private string WhyUnfit(System.Net.IPEndPoint listen)
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

    private async Task AskToBeManagerAsync(CancellationToken cancel)
    {
        var memory = Memory;
        RequireFit(memory.Listen);
        // What an earlier attempt left belongs to a member that is about to be replaced.
        RemoveFolder(EtcdFolder);
        var remote = OtherManagers().FirstOrDefault() ?? throw SkeinException.Unavailable("no other manager is known");
        var response = await AskToBeAddedAsync(remote, memory, cancel);
        MemberMemory[] members = [.. response.Members.Select(member => new MemberMemory(member.Name, member.PeerUrl))];
        ReadOnlyMemory<byte>[] keys = [.. response.StoreKeys.Select(key => key.Memory)];
        var manager = new ManagerMemory([], response.ClusterToken, false, members).WithKeys(keys);
        KeepSealed(memory with { Manager = manager, UnlockKey = UnlockKey.Of(response.UnlockKey.Span) });
    }

    private async Task<AddManagerResponse> AskToBeAddedAsync(string remote, SwarmMemory memory, CancellationToken cancel)
    {
        using var channel = ManagerChannel.Open(remote, Identity);
        try
        {
            var request = new AddManagerRequest { PeerUrl = ManagerPorts.EtcdPeerUrl(memory.Advertised), Addr = memory.Advertised.ToString() };
            return await new Membership.MembershipClient(channel).AddManagerAsync(request, deadline: (_time.GetUtcNow() + AddPatience).UtcDateTime, cancellationToken: cancel);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw new SkeinException(ErrorKind.Unavailable, $"rpc error: code = {e.StatusCode} desc = {NotReached.Why(e) ?? e.Status.Detail}", e);
        }
    }

    private async Task LeaveMembersAsync()
    {
        if (!await TryLeaveMembersAsync(_holdings.Manager, OtherManagers()) && IsManagerInState())
            throw SkeinException.Unavailable("this node's etcd is still a member of the managers' state");
    }

    private async Task StopManagerAsync()
    {
        await EndManagerAsync();
        Reveal(Memory with { Manager = null, Managers = OtherManagers() });
        RemoveFolder(EtcdFolder);
    }

    /// <summary>What the disk says of it stays.</summary>
    private async Task EndManagerAsync()
    {
        if (_holdings.Manager is { } manager) await manager.DisposeAsync();
        _holdings = _holdings with { Manager = null };
    }

    /// <summary>Of a promotion that has failed. The folder stays until the next attempt: what has become of the member is not known.</summary>
    private async Task WithdrawAsync()
    {
        await TryLeaveMembersAsync(_holdings.Manager, OtherManagers());
        await EndManagerAsync();
        if (Memory.Manager is not null) Reveal(Memory with { Manager = null });
    }

    /// <summary>As the manager of this node's session says. A member that ends while it is one takes its vote away from the others.</summary>
    private bool IsManagerInState() => _agent.Managers.Any(manager => manager.NodeId == Memory.NodeId);

    /// <summary>Out of etcd before the power goes: members that are gone for good count against the majority.</summary>
    private async Task<bool> TryLeaveMembersAsync(ManagerParts? manager, IReadOnlyList<string> others)
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
            using var channel = ManagerChannel.Open(addr, Identity);
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
