using Skein.Api.Containers.Create;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class ContainerUpdateTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void What_is_given_replaces_and_what_is_not_stays()
    {
        var definition = Definition();
        ContainerUpdate.Apply(new() { CpuShares = 512, Memory = 100 * MiB, MemorySwap = 200 * MiB, RestartPolicy = new("always", 0) }, definition, []);
        Assert.Equal((100 * MiB, 100 * MiB, 77), (definition.Resources.Limits.MemoryBytes, definition.Resources.SwapBytes, definition.Resources.Limits.Pids));
        Assert.Equal((512, "0"), (definition.Standalone.Limits.CpuShares, definition.Standalone.Limits.CpusetCpus));
        Assert.Equal("always", definition.Standalone.Restart.Name);
    }

    [Fact]
    public void More_memory_than_memory_and_swap_is_refused() => Refuses(
        new() { Memory = 300 * MiB }, "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");

    [Fact]
    public void A_quota_beside_cpus_is_refused() =>
        Refuses(new() { CpuQuota = 50_000 }, "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set");

    [Fact]
    public void What_is_removed_at_its_end_is_not_restarted()
    {
        var definition = Definition();
        definition.Standalone.AutoRemove = true;
        var refused = Assert.Throws<SkeinException>(() => ContainerUpdate.Apply(new() { RestartPolicy = new("always", 0) }, definition, []));
        Assert.Equal("Restart policy cannot be updated because AutoRemove is enabled for the container", refused.Message);
    }

    private static void Refuses(LimitsWishJson wish, string message) =>
        Assert.Equal(message, Assert.Throws<SkeinException>(() => ContainerUpdate.Apply(wish, Definition(), [])).Message);

    private static ContainerDefinition Definition() => new()
    {
        Resources = new() { Limits = new() { MemoryBytes = 64 * MiB, NanoCpus = 500_000_000, Pids = 77 }, SwapBytes = 64 * MiB },
        Standalone = new() { Limits = new() { CpusetCpus = "0" } },
    };
}
