using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.NodeLife;
using Xunit;
using static Skein.HostTests.Hosting.ThreeManagers;

namespace Skein.HostTests.Hosting;

/// <summary>The key of the managers' state is changed when somebody may know it who shall not.</summary>
public class StoreKeyTests
{
    [Fact]
    public async Task What_is_written_after_a_manager_was_demoted_its_key_does_not_open()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        await WriteSecretAsync(first, "before");
        var former = KeysOf(third);
        Assert.Equal(former, KeysOf(first));

        await hosts.SetRoleAsync(first, third, NodeRole.Worker);
        await hosts.UntilAsync("the disks have another key, and no more than that", () => IsChanged(first, former) && IsChanged(second, former) && Same(first, second));

        await WriteSecretAsync(second, "after");
        await AssertOpensNothingAsync(first, former);
        Assert.Null(SwarmMemory.Read(third.Options.SwarmFolder)!.Manager);
        foreach (var host in (SwarmHost[])[first, second]) await host.RestartAsync();
        await hosts.UntilAsync("both read all of it", () => Secrets(first) == "after before" && Secrets(second) == "after before");
        await hosts.SetRoleAsync(first, third, NodeRole.Manager);
        await hosts.UntilAsync("it is a manager again, with the key of now", () => Secrets(third) == "after before" && Same(third, first));
    }

    [Fact]
    public async Task A_manager_that_is_down_is_waited_for_and_who_joins_meanwhile_gets_both()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        var former = KeysOf(third);
        await third.StopAsync();

        await LockAsync(first);
        await hosts.UntilAsync("those that are there have the next key", () => Opened(first).Count == 2 && Opened(second).Count == 2);
        var fourth = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.UntilAsync("the fourth has it too", () => fourth.Node.Control is not null && Opened(fourth, first).Count == 2);
        await WriteSecretAsync(fourth, "meanwhile");
        Assert.Equal(former[0], ValueSeal.IdOfKey(Opened(first)[0]));
        Assert.Equal(former[0], State(first).Current);

        await third.RestartAsync();
        await hosts.UntilAsync("all four have the new key alone", () => ((SwarmHost[])[first, second, third, fourth]).All(host => Opened(host, first) is [var only] && ValueSeal.IdOfKey(only) != former[0]));
        await AssertOpensNothingAsync(first, former);
        Assert.Equal("meanwhile", Secrets(third));
    }

    [Fact]
    public async Task When_the_leader_goes_in_the_midst_the_next_one_goes_on()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        await hosts.UntilAsync("the first leads", () => first.Node.Control!.Snapshot.Leader is { } leader && leader.ManagerId == first.Node.NodeId);
        var former = KeysOf(third);
        await third.StopAsync();
        await LockAsync(first);
        await hosts.UntilAsync("both say that they have the next key", () => Saying(second, State(second).Next) == 2);
        var next = State(second).Next;
        var key = UnlockKey.Of(first.Node.Control!.Snapshot.Cluster!.UnlockKey.Span)!;
        await first.StopAsync();

        await third.RestartAsync();

        await hosts.UntilAsync("it is the key", () => second.Node.Control is { Snapshot.StoreKey: { } now } && now.Current == next && now.Former.Count == 0);
        await hosts.UntilAsync("the third has it", () => third.Node.Control is not null && Opened(third, second) is [var only] && ValueSeal.IdOfKey(only) == next);
        await WriteSecretAsync(second, "without-the-first");
        await AssertOpensNothingAsync(second, former);
        await first.RestartAsync();
        await first.Node.UnlockAsync(key.ToString(), default);
        await hosts.UntilAsync("the first reads what was written meanwhile", () => Secrets(first) == "without-the-first" && Opened(first).Count == 1);
    }
}
