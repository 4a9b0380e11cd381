using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Store;

public class EtcdStoreTests
{
    [Fact]
    public async Task A_write_is_seen_by_the_replica_with_its_version_and_times()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();

        var snapshot = await store.CommitAsync(Put(Service("s1", "web")), null, default);

        var stored = snapshot.Services.Find("s1")!;
        Assert.Equal("web", stored.Spec.Annotations.Name);
        Assert.Equal(snapshot.Revision, stored.Meta.Version);
        Assert.NotNull(stored.Meta.CreatedAt);
        Assert.Equal(stored.Meta.CreatedAt, stored.Meta.UpdatedAt);

        var next = stored.Clone();
        next.Spec.Annotations.Name = "web2";
        var updated = (await store.CommitAsync(Put(next), null, default)).Services.Find("s1")!;
        Assert.Equal(stored.Meta.CreatedAt, updated.Meta.CreatedAt);
        Assert.True(updated.Meta.Version > stored.Meta.Version);
        Assert.True(updated.Meta.UpdatedAt > stored.Meta.UpdatedAt);
    }

    [Fact]
    public async Task Of_two_writes_of_the_same_version_the_later_is_out_of_sequence_and_writes_nothing()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        var first = (await store.CommitAsync(Put(Service("s1", "web")), null, default)).Services.Find("s1")!;
        await store.CommitAsync(Put(first), null, default);

        var late = Put(first);
        late.Put(Service("s2", "other"));
        var refused = await Assert.ThrowsAsync<SequenceConflictException>(() => store.CommitAsync(late, null, default));

        Assert.Equal("rpc error: code = Unknown desc = update out of sequence", refused.Message);
        Assert.Null(store.Current.Services.Find("s2"));
        await Assert.ThrowsAsync<SequenceConflictException>(() => store.CommitAsync(Put(Service("s1", "again")), null, default));
    }

    [Fact]
    public async Task A_thousand_objects_are_one_transaction()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        var changes = new Changes();
        for (var i = 0; i < 1000; i++) changes.Put(new SwarmTask { Id = $"t{i}", ServiceId = "s1", Spec = new() { Container = new() { Image = new('x', 1000) } } });

        var snapshot = await store.CommitAsync(changes, null, default);

        Assert.Equal(1000, snapshot.TasksOfService("s1").Count());
        Assert.Single(snapshot.Tasks.All.Select(task => task.Meta.Version).Distinct());
    }

    [Fact]
    public async Task What_lies_on_the_disk_is_sealed()
    {
        const string secret = "the-word-nobody-may-read";
        await using var members = await EtcdMembers.StartAsync(1);
        await using (var store = await members[0].OpenStoreAsync())
            await store.CommitAsync(Put(Service("s1", secret)), null, default);
        await members[0].KillAsync();

        var needle = System.Text.Encoding.UTF8.GetBytes(secret);
        var key = System.Text.Encoding.UTF8.GetBytes("/skein/objects/service/s1");
        var files = Directory.GetFiles(members[0].Options.Folder, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(EtcdOptions.SocketName, StringComparison.Ordinal)).Select(File.ReadAllBytes).ToList();
        Assert.Contains(files, bytes => bytes.AsSpan().IndexOf(key) >= 0);   // the search finds what is there
        Assert.DoesNotContain(files, bytes => bytes.AsSpan().IndexOf(needle) >= 0);
    }

    [Fact]
    public async Task Two_managers_see_the_same_state_and_a_deposed_leader_cannot_write()
    {
        await using var members = await EtcdMembers.StartAsync(3);
        await using var one = await members[0].OpenStoreAsync();
        await using var two = await members[1].OpenStoreAsync();
        var claims = members.All.Select(member => member.Claim).ToList();
        var term = (await claims[0].TakeAsync("m1", null, default))!.Value;

        var revision = (await one.CommitAsync(Put(Service("s1", "web")), term, default)).Revision;
        var seen = await two.WaitNewerAsync(revision - 1, default).WaitAsync(Poll.Patience);
        Assert.Equal("web", seen.Services.Find("s1")!.Spec.Annotations.Name);
        Assert.Equal(term, seen.Leader);

        var next = (await claims[1].TakeAsync("m2", await claims[1].ReadAsync(default), default))!.Value;
        await Assert.ThrowsAsync<NotLeaderException>(() => one.CommitAsync(Put(Service("s2", "late")), term, default));
        Assert.Equal(next, (await two.CommitAsync(Put(Service("s2", "now")), next, default)).Leader);
        Assert.False(await claims[0].BeatAsync(term, default));
    }

    [Fact]
    public async Task Writes_go_on_after_the_death_of_etcds_leader_and_none_is_done_twice()
    {
        await using var members = await EtcdMembers.StartAsync(3);
        var leader = await LeaderOf(members);
        var witness = members.All.First(member => member != leader);
        await using var store = await witness.OpenStoreAsync();
        var counter = (await store.CommitAsync(Put(Service("s1", "web")), null, default)).Services.Find("s1")!;

        var kill = Task.Run(leader.KillAsync);
        for (var i = 0; i < 200; i++)
        {
            var next = counter.Clone();
            next.SpecVersion++;
            counter = (await store.CommitAsync(Put(next), null, default).WaitAsync(Poll.Patience)).Services.Find("s1")!;
        }
        await kill;

        Assert.Equal(200ul, counter.SpecVersion);
    }

    [Fact]
    public async Task The_replica_goes_on_after_its_member_was_restarted_and_the_log_compacted()
    {
        await using var members = await EtcdMembers.StartAsync(3);
        await using var one = await members[0].OpenStoreAsync();
        await using var two = await members[1].OpenStoreAsync();
        await one.CommitAsync(Put(Service("s1", "web")), null, default);

        System.Diagnostics.Process.GetProcessById(members[1].Process.Pid).Kill();
        var revision = (await one.CommitAsync(Put(Service("s2", "while it was away")), null, default)).Revision;

        var seen = await two.WaitNewerAsync(revision - 1, default).WaitAsync(Poll.Patience);
        Assert.NotNull(seen.Services.Find("s1"));
        Assert.NotNull(seen.Services.Find("s2"));
    }

    private static async Task<EtcdMember> LeaderOf(EtcdMembers members) => (await Poll.UntilAsync("a member says that it leads", async () =>
    {
        foreach (var member in members.All)
        {
            var status = await member.Client.Maintenance.StatusAsync(new());
            if (status.Leader == status.Header.MemberId) return member;
        }
        return null;
    }, leader => leader is not null))!;

    internal static Changes Put(Service service)
    {
        var changes = new Changes();
        changes.Put(service);
        return changes;
    }

    internal static Service Service(string id, string name) => new() { Id = id, Spec = new() { Annotations = new() { Name = name } } };
}
