using System.Text;
using Skein.Model;
using Skein.Model.Identity;
using Skein.NodeLife;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>What a manager of a swarm with autolock has on its disk, and who opens it.</summary>
public class AutolockTests
{
    [Fact]
    public async Task A_manager_that_restarts_is_locked_until_it_is_given_the_key()
    {
        await using var hosts = new SwarmHosts();
        var host = await InitLockedAsync(hosts);
        var key = KeyOf(host);
        var storeKey = SwarmMemory.Read(host.Options.SwarmFolder)!.Unlock(key)!.Manager!.StoreKey;

        await host.RestartAsync();

        Assert.Equal(LocalNodeState.Locked, host.Node.State);
        Assert.Equal(SwarmMessages.Locked().Message, host.Node.Error);
        Assert.Equal("", host.Node.NodeId);
        Assert.Null(host.Node.Control);
        Assert.False(host.Node.LacksLeader);
        AssertNothingInTheClear(host, storeKey);
        Assert.Equal("invalid key string", await RefusedAsync(() => host.Node.UnlockAsync("x", default), ErrorKind.InvalidArgument));
        Assert.Equal("swarm could not be unlocked: invalid key provided", await RefusedAsync(() => host.Node.UnlockAsync(OtherKey, default), ErrorKind.Unauthenticated));
        Assert.Equal(SwarmMessages.LockedMustForce().Message, await RefusedAsync(() => host.Node.LeaveAsync(false, default), ErrorKind.Unavailable));
        Assert.Equal(SwarmMessages.AlreadyInSwarm().Message, await RefusedAsync(() => host.Node.InitAsync(host.InitRequest(), default), ErrorKind.Unavailable));

        await host.Node.UnlockAsync(key.ToString(), default);

        await hosts.UntilAsync("the manager is back", () => host.Node is { State: LocalNodeState.Active, Control: not null });
        Assert.Equal("swarm is not locked", await RefusedAsync(() => host.Node.UnlockAsync(key.ToString(), default), ErrorKind.Conflict));
    }

    [Fact]
    public async Task A_locked_manager_leaves_by_force()
    {
        await using var hosts = new SwarmHosts();
        var host = await InitLockedAsync(hosts);
        await host.RestartAsync();

        await host.Node.LeaveAsync(true, default);

        Assert.Equal(LocalNodeState.Inactive, host.Node.State);
        Assert.False(Directory.Exists(host.Options.SwarmFolder));
        await host.Node.InitAsync(host.InitRequest(), default).WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task Who_was_away_while_the_key_was_rotated_is_opened_by_the_one_before_and_follows()
    {
        await using var hosts = new SwarmHosts();
        var first = await InitLockedAsync(hosts);
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        var before = KeyOf(first);
        Assert.True(IsSealed(second), "a manager's keys were on the disk in the clear when it had joined");
        await hosts.UntilAsync("all three have a vote", () => second.Node.Control is not null && third.Node.Control is not null);
        await third.StopAsync();

        await UpdateAsync(first, spec => { }, rotate: true);
        var after = KeyOf(first);
        await hosts.UntilAsync("the second follows", () => Opens(second, after));
        await third.RestartAsync();

        Assert.Equal("swarm could not be unlocked: invalid key provided", await RefusedAsync(() => third.Node.UnlockAsync(after.ToString(), default), ErrorKind.Unauthenticated));
        await third.Node.UnlockAsync(before.ToString(), default);
        await hosts.UntilAsync("the third follows", () => Opens(third, after));
    }

    [Fact]
    public async Task The_disk_follows_when_autolock_is_turned_on_and_off_and_a_worker_is_never_locked()
    {
        await using var hosts = new SwarmHosts();
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Worker);
        await UpdateAsync(first, spec => spec.AutolockManagers = true);
        await hosts.UntilAsync("the first is sealed", () => IsSealed(first));
        Assert.False(IsSealed(second));

        await hosts.SetRoleAsync(first, second, NodeRole.Manager);
        await hosts.UntilAsync("the second is a manager, and sealed", () => second.Node.Control is not null && IsSealed(second));
        await hosts.SetRoleAsync(first, second, NodeRole.Worker);
        await hosts.UntilAsync("the second is a worker, and open", () => second.Node.Control is null && !IsSealed(second));
        await second.RestartAsync();
        await hosts.UntilAsync("the worker needs no key", () => second.Node.State == LocalNodeState.Active);

        await UpdateAsync(first, spec => spec.AutolockManagers = false);
        await hosts.UntilAsync("the first is open", () => !IsSealed(first));
        await first.RestartAsync();
        await hosts.UntilAsync("the manager needs no key", () => first.Node is { State: LocalNodeState.Active, Control: not null });
    }

    private const string OtherKey = "SWMKEY-1-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private static async Task<SwarmHost> InitLockedAsync(SwarmHosts hosts)
    {
        var host = hosts.Add();
        var request = host.InitRequest() with { Spec = new() { AutolockManagers = true } };
        await host.Node.InitAsync(request, default).WaitAsync(Poll.Patience);
        await hosts.UntilAsync("the disk is sealed", () => IsSealed(host));
        return host;
    }

    private static bool IsSealed(SwarmHost host) =>
        SwarmMemory.Read(host.Options.SwarmFolder)!.IsLocked && !File.ReadAllText(Path.Combine(host.Options.SwarmFolder, "certificates", "swarm-node.pem")).Contains("BEGIN PRIVATE KEY", StringComparison.Ordinal);

    private static bool Opens(SwarmHost host, UnlockKey key) => SwarmMemory.Read(host.Options.SwarmFolder)!.Unlock(key) is { IsLocked: false };

    private static UnlockKey KeyOf(SwarmHost host) => UnlockKey.Of(host.Node.Control!.Snapshot.Cluster!.UnlockKey.Span)!;

    private static async Task UpdateAsync(SwarmHost host, Action<ClusterSpec> change, bool rotate = false)
    {
        var cluster = host.Node.Control!.Snapshot.Cluster!;
        var spec = cluster.Spec.Clone();
        change(spec);
        await host.Node.Control.UpdateClusterAsync(cluster.Meta.Version, spec, false, false, rotate, default);
    }

    private static void AssertNothingInTheClear(SwarmHost host, byte[] storeKey)
    {
        foreach (var file in Directory.EnumerateFiles(host.Options.DataRoot, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "client:0"))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.True(bytes.AsSpan().IndexOf(storeKey) < 0, $"{file} has the store's key");
            var text = Encoding.Latin1.GetString(bytes);
            Assert.DoesNotContain(Convert.ToBase64String(storeKey), text, StringComparison.Ordinal);
            Assert.DoesNotContain("BEGIN PRIVATE KEY", text, StringComparison.Ordinal);
        }
    }

    private static async Task<string> RefusedAsync(Func<Task> call, ErrorKind kind)
    {
        var refused = await Assert.ThrowsAsync<SkeinException>(call);
        Assert.Equal(kind, refused.Kind);
        return refused.Message;
    }
}
