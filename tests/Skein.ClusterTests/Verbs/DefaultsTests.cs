using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class DefaultsTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_service_of_which_only_the_image_is_said_has_a_name_and_shows_what_it_means()
    {
        var id = await Manager.OutputOfAsync("service create --quiet --detach --replicas 0 httpd");
        Assert.Matches("^[a-z]+_[a-z]+$", await Manager.OutputOfAsync("service inspect --format {{.Spec.Name}} " + id));
        var pretty = await Manager.OutputOfAsync("service inspect --pretty " + id);
        Assert.Contains("UpdateConfig:", pretty, StringComparison.Ordinal);
        Assert.Contains("Monitoring Period: 5s", pretty, StringComparison.Ordinal);
        Assert.Contains("Rollback order:    stop-first", pretty, StringComparison.Ordinal);
        await Manager.OutputOfAsync("service rm " + id);
    }
}
