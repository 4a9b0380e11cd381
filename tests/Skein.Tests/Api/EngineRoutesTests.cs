using Skein.Agent.Containers;
using Skein.Api.Engine;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

public sealed class EngineRoutesTests
{
    [Fact]
    public async Task Plugins_are_none()
    {
        await using var server = await ApiServer.StartAsync();
        var (status, body) = await Ask(server, "/plugins");
        Assert.Equal(200, status);
        Assert.Contains("\r\n[]\r\n", body);
        Assert.Equal((404, """{"message":"plugin \"vieux/sshfs:latest\" not found"}"""), await Ask(server, "/plugins/vieux/sshfs:latest/json"));
        Assert.Equal((404, """{"message":"plugin \"some\" not found"}"""), await server.AskAsync("DELETE", "/plugins/some?force=1"));
        Assert.Equal((501, """{"message":"docker plugin install is not supported"}"""), await Ask(server, "/plugins/privileges?remote=some"));
    }

    [Theory]
    [InlineData("/events?since=0&until=9999999999", true)]
    [InlineData("/events?until=9999999999", true)]
    [InlineData("/events?since=9999999998&until=9999999999", false)]
    public async Task What_was_is_told_to_who_names_a_time(string path, bool told)
    {
        await using var server = await ApiServer.StartAsync();
        await server.PostAsync("/images/create?fromImage=httpd&tag=2", "");
        using var socket = await server.ConnectAsync();
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
        // Of what is then to come the mark: all that was is said before it.
        await Poll.UntilAsync("somebody listens", async () => (await Ask(server, "/info")).Body, body => body.Contains("\"NEventsListener\":1", StringComparison.Ordinal));
        await server.PostAsync("/images/create?fromImage=mark&tag=1", "");
        var (said, buffer) = ("", new byte[4096]);
        while (!said.Contains("mark:1", StringComparison.Ordinal)) said += System.Text.Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Poll.Soon));
        Assert.Equal(told, said.Contains("httpd:2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("volume")]
    [InlineData("daemon")]
    [InlineData("secret")]
    [InlineData("config")]
    [InlineData("plugin")]
    [InlineData("node")]
    public async Task Events_are_of_what_is_asked_for(string type)
    {
        await using var server = await ApiServer.StartAsync();
        await server.PostAsync("/images/create?fromImage=httpd&tag=2", "");
        var (status, body) = await Ask(server, $"/events?since=0&until={DateTimeOffset.UtcNow.ToUnixTimeSeconds()}&filters=%7B%22{type}%22%3A%5B%22x%22%5D%7D");
        Assert.Equal(200, status);
        Assert.DoesNotContain("httpd", body);
    }

    [Theory]
    [InlineData("container", "containers")]
    [InlineData("image", "images")]
    [InlineData("network", "networks")]
    [InlineData("volume", "volumes")]
    public async Task A_prune_is_told(string type, string path)
    {
        await using var server = await ApiServer.StartAsync();
        await server.PostAsync($"/{path}/prune", "");
        var (_, body) = await Ask(server, $"/events?since=0&until={DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}&filters=%7B%22event%22%3A%5B%22prune%22%5D%7D");
        Assert.Contains($"\"Type\":\"{type}\",\"Action\":\"prune\",\"Actor\":{{\"ID\":\"\",\"Attributes\":{{\"reclaimed\":\"0\"}}}}", body);
    }

    [Fact]
    public async Task Events_have_a_beginning_before_their_end()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal((400, """{"message":"`since` time (5) cannot be after `until` time (1)"}"""), await Ask(server, "/events?since=5&until=1"));
    }

    [Fact]
    public async Task Disk_usage_is_told_by_what_was_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(ApiServer.Container, ContainerStatus.Exited);
        Assert.Equal("""{"LayersSize":0,"Images":null,"Containers":null,"Volumes":[],"BuildCache":[]}""", (await Ask(server, "/system/df?type=volume&type=build-cache")).Body);
        var containers = (await Ask(server, "/system/df?type=container")).Body;
        Assert.Contains("\"/c1\"", containers);
        Assert.Contains("\"Images\":null", containers);
        Assert.Equal((400, """{"message":"unknown object type: x"}"""), await Ask(server, "/system/df?type=x"));
        Assert.Contains("\"Images\":[]", (await Ask(server, "/v1.41/system/df?type=volume")).Body);
    }

    [Fact]
    public async Task Disk_usage_shows_containers_as_they_are_listed()
    {
        await using var server = await ApiServer.StartAsync();
        server.Containers.Put(ApiServer.Container, ContainerStatus.Running);
        server.Networking.Known = new("/run/ns/c1", "", "", [], [new() { TargetPort = 80, PublishedPort = 8080 }]);
        const string Ports = "\"Ports\":[{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}]";
        Assert.Contains(Ports, (await Ask(server, "/containers/json")).Body);
        Assert.Contains(Ports, (await Ask(server, "/system/df")).Body);
    }

    [Fact]
    public void The_options_of_security_are_told_in_Dockers_order()
    {
        Assert.Equal(["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"], InfoRoutes.SecurityOptions(appArmor: true, unifiedCgroups: true));
        Assert.Equal(["name=seccomp,profile=builtin"], InfoRoutes.SecurityOptions(appArmor: false, unifiedCgroups: false));
    }

    [Fact]
    public void A_port_without_TLS_is_warned_of()
    {
        var warning = Assert.Single(InfoRoutes.OpenPortWarnings(["unix:///run/docker.sock", "tcp://192.0.2.1:2375"]));
        Assert.StartsWith("WARNING: API is accessible on http://192.0.2.1:2375 without encryption.\n", warning);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Info_says_whether_the_log_tells_of_each_request(bool debug)
    {
        await using var server = await ApiServer.StartAsync(debug: debug);
        Assert.Contains($"\"Debug\":{(debug ? "true" : "false")},", (await Ask(server, "/info")).Body);
    }

    [Fact]
    public async Task Registries_are_listed_as_docker_keeps_them()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Contains(
            """{"InsecureRegistryCIDRs":["192.0.2.0/24","127.0.0.0/8"],"IndexConfigs":{"docker.io":{"Name":"docker.io","Mirrors":["http://mirror:5000/"],"Secure":true,"Official":true},"plain:5000":{"Name":"plain:5000","Mirrors":[],"Secure":false,"Official":false}},"Mirrors":["http://mirror:5000/"]}""",
            (await Ask(server, "/info")).Body);
    }

    private static Task<(int Status, string Body)> Ask(ApiServer server, string path) => server.AskAsync("GET", path);
}
