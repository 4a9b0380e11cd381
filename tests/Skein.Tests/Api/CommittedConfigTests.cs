using Skein.Agent.Images;
using Skein.Api.Containers.Commit;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class CommittedConfigTests
{
    private static readonly ImageConfig s_own = ImageConfig.Empty with
    {
        Cmd = ["own"],
        Entrypoint = ["entry"],
        Env = ["A=1", "B=2"],
        User = "me",
        ExposedPorts = ["80/tcp"],
        Labels = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
        Healthcheck = new HealthConfig { Test = { "CMD", "true" }, Interval = 5, Retries = 3 },
    };

    [Fact]
    public void What_is_not_wished_for_is_as_the_container_has_it() => Assert.Equivalent(s_own, CommittedConfig.Merge(ImageConfig.Empty, s_own));

    [Fact]
    public void What_is_wished_for_stands_over_it()
    {
        var merged = CommittedConfig.Merge(
            ImageConfig.Empty with
            {
                Cmd = ["mine"],
                Env = ["B=3"],
                ExposedPorts = ["53/udp"],
                Labels = new Dictionary<string, string> { ["b"] = "3" },
                Healthcheck = new HealthConfig { Interval = 7 },
            },
            s_own);
        Assert.Equal(["mine"], merged.Cmd);
        Assert.Equal(["entry"], merged.Entrypoint);
        Assert.Equal(["B=3", "A=1"], merged.Env);
        Assert.Equal(["53/udp", "80/tcp"], merged.ExposedPorts);
        Assert.Equal(("1", "3"), (merged.Labels["a"], merged.Labels["b"]));
        Assert.Equal(new HealthConfig { Test = { "CMD", "true" }, Interval = 7, Retries = 3 }, merged.Healthcheck);
    }

    [Fact]
    public void A_wished_entrypoint_comes_without_the_containers_command() =>
        Assert.Empty(CommittedConfig.Merge(ImageConfig.Empty with { Entrypoint = ["mine"] }, s_own).Cmd);

    [Theory]
    [InlineData("", "read layers of c1, paused")]
    [InlineData("&pause=0", "read layers of c1")]
    public async Task A_container_is_paused_unless_told(string query, string call)
    {
        await using var server = await ApiServer.StartAsync();
        server.Images.Here = true;
        server.Containers.Put(ApiServer.Container, Skein.Agent.Containers.ContainerStatus.Running);
        var (status, body) = await server.PostAsync($"/commit?container=c1&repo=made&tag=2&comment=why{query}", "");
        Assert.Equal((201, true), (status, body.StartsWith("{\"Id\":\"sha256:", StringComparison.Ordinal)));
        Assert.Contains(call, server.Containers.Calls);
        Assert.Equal(("made:2", "why"), (server.Images.Making!.Name, server.Images.Making.Comment));
    }
}
