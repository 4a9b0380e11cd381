using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.Model;
using Skein.Tests.Tasks;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

public class ContainerFilterTests
{
    private static readonly ContainerNetwork s_network = new(
        "", "", "", [new ContainerLeg("net-front", "front", "eth0", ["10.0.1.5/24"], "", "")], [new PortConfig { Protocol = PortProtocol.Tcp, TargetPort = 80, PublishedPort = 9100 }]);

    private readonly FakeContainerEngine _engine = new();

    public ContainerFilterTests() => _engine.Put(Definition("aaaaaaaaaaaa1", "web.1"), ContainerStatus.Running);

    [Theory]
    [InlineData("health", "healthy", true)]
    [InlineData("health", "starting", false)]
    [InlineData("health", "none", false)]
    [InlineData("status", "running", true)]
    [InlineData("status", "exited", false)]
    [InlineData("volume", "/data", true)]
    [InlineData("volume", "store", true)]
    [InlineData("volume", "other", false)]
    [InlineData("publish", "9100", true)]
    [InlineData("publish", "9000-9200/tcp", true)]
    [InlineData("publish", "9100/udp", false)]
    [InlineData("publish", "80", false)]
    [InlineData("expose", "80", true)]
    [InlineData("expose", "81", false)]
    [InlineData("before", "aaaaaaaaaaaa1", false)]
    [InlineData("since", "aaaaaaaaaaaa1", false)]
    [InlineData("name", "^web", true)]
    [InlineData("exited", "0", false)]
    [InlineData("network", "front", true)]
    [InlineData("network", "net-fr", true)]
    [InlineData("network", "back", false)]
    public void A_container_is_taken_or_not(string key, string value, bool taken)
    {
        var container = _engine.Find("aaaaaaaaaaaa1") with { Health = ContainerHealth.Starting with { Verdict = HealthVerdict.Healthy } };
        Assert.Equal(taken, Filter(key, value).Takes(container, s_network));
    }

    [Fact]
    public void One_that_has_ended_is_still_of_its_networks() =>
        Assert.True(Filter("network", "front").Takes(_engine.Find("aaaaaaaaaaaa1"), network: null));

    [Fact]
    public void Before_and_since_go_by_the_time_of_creation()
    {
        var later = _engine.Find("aaaaaaaaaaaa1") with { Created = DateTimeOffset.UnixEpoch.AddSeconds(1) };
        Assert.True(Filter("since", "aaaaaaaaaaaa1").Takes(later, null));
        Assert.False(Filter("before", "aaaaaaaaaaaa1").Takes(later, null));
        var earlier = later with { Created = DateTimeOffset.UnixEpoch.AddSeconds(-1) };
        Assert.True(Filter("before", "aaaaaaaaaaaa1").Takes(earlier, null));
    }

    [Theory]
    [InlineData("status", "bogus", "invalid filter 'status=bogus': invalid value for state (bogus): must be one of created, running, paused, restarting, removing, exited, dead")]
    [InlineData("health", "foo", "invalid filter 'health=foo': invalid value for health (foo): must be one of none, starting, healthy, unhealthy")]
    [InlineData("exited", "abc", "invalid filter 'exited=abc': strconv.Atoi: parsing \"abc\": invalid syntax")]
    [InlineData("before", "nobody", "No such container: nobody")]
    public void What_no_container_can_have_is_refused(string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<SkeinException>(() => Filter(key, value)).Message);

    private ContainerFilter Filter(string key, string value) =>
        new(Filters.Parse($$"""{"{{key}}":["{{value}}"]}"""), _engine, new FakeImageStore());

    private static ContainerDefinition Definition(string id, string name) => new()
    {
        Id = id,
        Name = name,
        Spec = new() { Image = "nginx", Mounts = { new Mount { Type = "volume", Source = "store", Target = "/data" } } },
        Networks = { new StoredNetwork { Id = "net-front", Name = "front" } },
    };
}
