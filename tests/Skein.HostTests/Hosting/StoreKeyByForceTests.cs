using Skein.Manager.Store;
using Skein.NodeLife;
using Xunit;
using static Skein.HostTests.Hosting.ThreeManagers;

namespace Skein.HostTests.Hosting;

/// <summary>As <see cref="StoreKeyTests"/>. A class of its own, which runs beside that one: here a minute is waited between two changes of a key.</summary>
public class StoreKeyByForceTests
{
    [Fact]
    public async Task A_new_cluster_by_force_in_the_midst_goes_on_with_it()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        await WriteSecretAsync(first, "kept");
        var former = KeysOf(first);
        await third.StopAsync();
        await LockAsync(first);
        await hosts.UntilAsync("both say that they have the next key", () => Saying(first, State(first).Next) == 2);
        await second.StopAsync();
        await hosts.UntilAsync("the first knows that it is cut off", () => first.Node.LacksLeader);

        await first.Node.InitAsync(first.InitRequest() with { ForceNewCluster = true }, default).WaitAsync(Poll.Patience);

        await hosts.UntilAsync("it has the new key alone", () => first.Node.Control is not null && Opened(first) is [var only] && ValueSeal.IdOfKey(only) != former[0]);
        await AssertOpensNothingAsync(first, former);
        // With the former key alone: its member is none any more, and it is given the key of now.
        await third.RestartAsync();
        await hosts.UntilAsync("the third is a manager of this cluster", () => Secrets(third) == "kept" && Opened(third, first).Count == 1);
    }
}
