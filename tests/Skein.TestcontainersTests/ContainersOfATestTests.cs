using System.Text;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using DotNet.Testcontainers.Volumes;
using Xunit;

namespace Skein.TestcontainersTests;

/// <summary>
/// A program's tests as its authors write them with Testcontainers, on whatever engine DOCKER_HOST names. What they leave behind its reaper takes away
/// when this process has ended: the container that none of them disposes of is left on purpose.
/// </summary>
public sealed class ContainersOfATestTests : IAsyncLifetime
{
    private const string Image = "busybox:latest";

    private readonly INetwork _network = new NetworkBuilder().Build();
    private readonly IVolume _volume = new VolumeBuilder().Build();
    private readonly IContainer _server;

    public ContainersOfATestTests() => _server = new ContainerBuilder(Image)
        .WithNetwork(_network)
        .WithNetworkAliases("shop")
        .WithVolumeMount(_volume, "/data")
        .WithResourceMapping(Encoding.UTF8.GetBytes("good day\n"), "/www/index.html")
        .WithEnvironment("COLOUR", "green")
        .WithPortBinding(80, assignRandomHostPort: true)
        .WithCommand("sh", "-c", "echo serving $COLOUR; echo bad >&2; echo kept > /data/file; exec httpd -f -h /www")
        .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("serving green").UntilHttpRequestIsSucceeded(request => request.ForPort(80)))
        .WithCreateParameterModifier(wish => wish.HostConfig!.Init = true)
        .Build();

    public async ValueTask InitializeAsync()
    {
        await _network.CreateAsync();
        await _volume.CreateAsync();
        await _server.StartAsync();
    }

    // Network and volume are the reaper's.
    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_server_is_reached_by_its_port_and_by_its_alias()
    {
        using var client = new HttpClient();
        Assert.Equal("good day\n", await client.GetStringAsync(new UriBuilder("http", _server.Hostname, _server.GetMappedPublicPort(80)).Uri));
        await using var visitor = new ContainerBuilder(Image).WithNetwork(_network).WithCommand("wget", "-qO-", "http://shop/").Build();
        await visitor.StartAsync();
        Assert.Equal(0, await visitor.GetExitCodeAsync());
        Assert.Equal("good day\n", (await visitor.GetLogsAsync(timestampsEnabled: false)).Stdout);
    }

    [Fact]
    public async Task What_it_says_and_holds_is_read_and_files_are_copied()
    {
        Assert.Equal(("serving green\n", "bad\n"), await _server.GetLogsAsync(timestampsEnabled: false));
        var ran = await _server.ExecAsync(["sh", "-c", "cat /data/file; echo err >&2; exit 3"]);
        Assert.Equal((3L, "kept\n", "err\n"), (ran.ExitCode, ran.Stdout, ran.Stderr));
        await _server.CopyAsync(Encoding.UTF8.GetBytes("dear"), "/data/letter");
        Assert.Equal("dear", Encoding.UTF8.GetString(await _server.ReadFileAsync("/data/letter")));
    }

    [Fact]
    public async Task One_is_stopped_started_and_paused()
    {
        var before = _server.Id;
        await _server.StopAsync();
        Assert.Equal(TestcontainersStates.Exited, _server.State);
        await _server.StartAsync();
        Assert.Equal((before, TestcontainersStates.Running), (_server.Id, _server.State));
        await _server.PauseAsync();
        Assert.Equal(TestcontainersStates.Paused, _server.State);
        await _server.UnpauseAsync();
        Assert.Equal(TestcontainersStates.Running, _server.State);
    }

    [Fact]
    public async Task One_is_waited_for_until_it_is_healthy_listens_and_has_what_it_needs()
    {
        await using var healthy = new ContainerBuilder(Image)
            .WithCommand("sh", "-c", "touch /tmp/ready; exec httpd -f -p 8080")
            .WithPortBinding(8080, assignRandomHostPort: true)
            .WithTmpfsMount("/tmp")
            .WithCreateParameterModifier(wish =>
            {
                wish.HostConfig!.Init = true;
                wish.Healthcheck = new() { Test = ["CMD", "test", "-e", "/tmp/ready"], Interval = TimeSpan.FromMilliseconds(200), Retries = 50 };
            })
            .WithWaitStrategy(Wait.ForUnixContainer()
                .UntilContainerIsHealthy()
                .UntilInternalTcpPortIsAvailable(8080)
                .UntilExternalTcpPortIsAvailable(8080)
                .UntilCommandIsCompleted("test", "-e", "/tmp/ready"))
            .Build();
        await healthy.StartAsync();
        Assert.Equal(TestcontainersHealthStatus.Healthy, healthy.Health);
    }

    [Fact]
    public async Task One_that_nobody_disposes_of()
    {
        var left = new ContainerBuilder(Image).WithCommand("sleep", "1000").WithNetwork(_network).Build();
        await left.StartAsync();
        Assert.Equal(TestcontainersStates.Running, left.State);
    }
}
