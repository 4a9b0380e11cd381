using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Skein.Agent.Session;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Hosting;

/// <summary>A node becoming a manager and ceasing to be one, and what runs beside it all the time.</summary>
internal sealed partial class SwarmNode
{
    private static readonly TimeSpan LeaveMembersPatience = TimeSpan.FromSeconds(5);

    /// <summary>For a manager to add another: it may restart its etcd for that, and wait for those that were added just before.</summary>
    private static readonly TimeSpan AddPatience = TimeSpan.FromSeconds(40);

    private volatile TaskCompletionSource _roleChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeRole? _desiredRole;

    private void OnWelcome(Welcome welcome)
    {
        if (State == LocalNodeState.Pending && _memory?.Manager is null) State = LocalNodeState.Active;
        _desiredRole = welcome.Role;
        _roleChanged.TrySetResult();
    }

    /// <summary>Takes the manager's part up again after a restart, renews the certificate, and follows changes of the role.</summary>
    private async Task RunInBackgroundAsync(CancellationToken stop)
    {
        var (identity, memory) = (_identity!, _memory!);
        var renewal = new CertificateRenewal(
            identity, _joining, () => [.. _agent.Managers.Select(manager => manager.Addr)], [IPAddress.Parse(memory.AdvertiseAddr)],
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
        while (true)
        {
            await _roleChanged.Task.WaitAsync(stop);
            _roleChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                while (_desiredRole is { } desired && (desired != RoleNow() || desired != identity.Current.Name.Role))
                    await TakeRoleAsync(desired, identity, renewal, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogRoleNotTaken(_desiredRole.ToString()!, e.Message);
                await Task.Delay(RetryPause, _time, stop);
                _roleChanged.TrySetResult();
            }
        }
    }

    private NodeRole RoleNow() => _memory?.Manager is null ? NodeRole.Worker : NodeRole.Manager;

    private async Task TakeRoleAsync(NodeRole desired, NodeIdentity identity, CertificateRenewal renewal, CancellationToken stop)
    {
        LogRole(desired);
        // etcd speaks to managers' certificates alone: the new one comes before the first word to it, and after the last.
        if (desired == NodeRole.Worker) await CeaseToBeManagerAsync(stop);
        if (identity.Current.Name.Role != desired) await renewal.TryRenewAsync(stop);
        if (identity.Current.Name.Role != desired) throw SkeinException.Unavailable("no manager has given a certificate for the new role");
        if (desired != RoleNow()) await BecomeManagerAsync(OtherManager(), stop);
    }

    private string OtherManager() =>
        _agent.Managers.FirstOrDefault(manager => manager.NodeId != NodeId)?.Addr
        ?? throw SkeinException.Unavailable("no other manager is known");

    /// <summary>Is added to the state by a manager, copies it, and serves. Its folder holds all that a restart needs from the first step on.</summary>
    private async Task BecomeManagerAsync(string remote, CancellationToken cancel)
    {
        var (identity, memory) = (_identity!, _memory!);
        var listen = IPEndPoint.Parse(memory.ListenAddr);
        ManagerPorts.RequireFree(listen);
        // What an earlier attempt left belongs to a member that is about to be replaced.
        if (Directory.Exists(EtcdFolder)) Directory.Delete(EtcdFolder, recursive: true);
        var response = await AskToBeAddedAsync(remote, memory, identity, cancel);
        var members = response.Members.Select(member => new MemberMemory(member.Name, member.PeerUrl)).ToList();
        memory = memory with { Manager = new(response.StoreKey.ToByteArray(), response.ClusterToken, false, members) };
        memory.Write(_options.SwarmFolder);
        var manager = ManagerParts.StartEtcd(_options, memory, memory.Manager!, identity, _time, _ids, _logs);
        try
        {
            await manager.OpenAsync(cancel);
            await manager.ServeAsync(listen, identity, cancel);
        }
        catch
        {
            // A member that votes and is gone would take the others' majority.
            await LeaveMembersAsync(manager);
            await manager.DisposeAsync();
            throw;
        }
        (_memory, _manager, _control) = (memory, manager, manager.Control);
    }

    private async Task<AddManagerResponse> AskToBeAddedAsync(string remote, SwarmMemory memory, NodeIdentity identity, CancellationToken cancel)
    {
        using var channel = GrpcChannel.ForAddress($"https://{remote}", new GrpcChannelOptions
        {
            HttpHandler = SessionHttpHandler.Create(identity.ClientOptions()),
            DisposeHttpClient = true,
        });
        try
        {
            var request = new AddManagerRequest { PeerUrl = ManagerPorts.EtcdPeerUrl(memory), Addr = Reached(memory) };
            return await new Membership.MembershipClient(channel).AddManagerAsync(request, deadline: (_time.GetUtcNow() + AddPatience).UtcDateTime, cancellationToken: cancel);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw new SkeinException(ErrorKind.Unavailable, $"rpc error: code = {e.StatusCode} desc = {e.Status.Detail}", e);
        }
    }

    private async Task CeaseToBeManagerAsync(CancellationToken stop)
    {
        if (_manager is not { } manager) return;
        if (!await LeaveMembersAsync(manager) && IsManagerInState())
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

    private bool HasCompany() => _agent.Managers.Any(manager => manager.NodeId != NodeId) || _memory?.Manager is { NewCluster: false };

    /// <summary>Out of etcd before the power goes: members that are gone for good count against the majority.</summary>
    private static async Task<bool> LeaveMembersAsync(ManagerParts manager)
    {
        using var patience = new CancellationTokenSource(LeaveMembersPatience);
        return await manager.TryRemoveSelfAsync(patience.Token);
    }
}
