extern alias dotnet;

using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Text;
using dotnet::Docker.DotNet;
using dotnet::Docker.DotNet.Models;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>Containers, images and networks of one host as a program sees them that uses Docker's client for .NET.</summary>
[Collection(nameof(SharedHost))]
public sealed class DockerDotNetContainerTests(ClientHost host) : IAsyncLifetime
{
    private readonly DockerClientConfiguration _configuration = new(host.Host(1).Address);
    private readonly List<string> _made = [];

    private DockerClient Client => field ??= _configuration.CreateClient();

    public async ValueTask InitializeAsync() => await Client.Images.CreateImageAsync(new() { FromImage = "busybox", Tag = "latest" }, null, new Told<JSONMessage>(_ => { }));

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _made) await Client.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true });
        Client.Dispose();
        _configuration.Dispose();
    }

    [Fact]
    public async Task One_is_attached_to_written_to_and_read()
    {
        var id = await CreateAsync(new() { Cmd = ["sh", "-c", "read line; echo $line; echo bad >&2; exit 3"], OpenStdin = true, StdinOnce = true, AttachStdin = true, AttachStdout = true, AttachStderr = true });
        using var wire = await Client.Containers.AttachContainerAsync(id, tty: false, new() { Stream = true, Stdin = true, Stdout = true, Stderr = true });
        Assert.True(await Client.Containers.StartContainerAsync(id, new()));
        await wire.WriteAsync("hello\n"u8.ToArray(), 0, 6, default);
        Assert.Equal(("hello\n", "bad\n"), await wire.ReadOutputToEndAsync(Poll.Soon));
        Assert.Equal(3, (await Client.Containers.WaitContainerAsync(id, Poll.Soon)).StatusCode);
        using var logs = await Client.Containers.GetContainerLogsAsync(id, tty: false, new() { ShowStdout = true, ShowStderr = true, Follow = true });
        Assert.Equal(("hello\n", "bad\n"), await logs.ReadOutputToEndAsync(Poll.Soon));
    }

    [Fact]
    public async Task One_runs_is_measured_and_ends()
    {
        var told = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var watch = Client.System.MonitorEventsAsync(new ContainerEventsParameters(), new Told<Message>(message => told.Enqueue($"{message.Action} {message.Actor.ID}")), stop.Token);
        await Poll.UntilAsync("events are listened to", async () => (await Client.System.GetSystemInfoAsync()).NEventsListener, listeners => listeners > 0);
        var id = await StartAsync(new() { Cmd = ["sleep", "1d"], HostConfig = new() { Init = true, Memory = 1 << 26 } });
        var exec = await Client.Exec.ExecCreateContainerAsync(id, new() { Cmd = ["sh", "-c", "echo said; exit 4"], AttachStdout = true });
        using (var streams = await Client.Exec.StartAndAttachContainerExecAsync(exec.ID, tty: false)) Assert.Equal("said\n", (await streams.ReadOutputToEndAsync(Poll.Soon)).stdout);
        Assert.Equal(4, (await Client.Exec.InspectContainerExecAsync(exec.ID)).ExitCode);

        var measured = new ConcurrentQueue<ContainerStatsResponse>();
        await Client.Containers.GetContainerStatsAsync(id, new() { Stream = false }, new Told<ContainerStatsResponse>(measured.Enqueue), Poll.Soon);
        Assert.Equal((1UL << 26, true), (Assert.Single(measured).MemoryStats.Limit, measured.First().MemoryStats.Usage > 0));
        Assert.Contains((await Client.Containers.ListProcessesAsync(id, new())).Processes, row => row.Contains("sleep 1d"));

        await Client.Containers.PauseContainerAsync(id);
        Assert.True((await Client.Containers.InspectContainerAsync(id)).State.Paused);
        await Client.Containers.UnpauseContainerAsync(id);
        await Client.Containers.RestartContainerAsync(id, new() { WaitBeforeKillSeconds = 1 });
        Assert.True(await Client.Containers.StopContainerAsync(id, new() { WaitBeforeKillSeconds = 1 }));
        Assert.False(await Client.Containers.StopContainerAsync(id, new()));
        await Client.Containers.RenameContainerAsync(id, new() { NewName = "dotnet-after" }, default);
        await Client.Containers.RemoveContainerAsync("dotnet-after", new());
        _made.Remove(id);
        await Poll.UntilAsync("its life was told", () => Task.FromResult(told.ToArray()), seen => new[] { "create", "start", "pause", "unpause", "restart", "stop", "rename", "destroy" }.All(action => seen.Contains($"{action} {id}")));
        await stop.CancelAsync();
        await watch.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Files_go_in_and_out()
    {
        var id = await CreateAsync(new() { Cmd = ["true"] });
        using var packed = new MemoryStream();
        await using (var tar = new TarWriter(packed, leaveOpen: true))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "letter") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes("dear")) });
        packed.Position = 0;
        await Client.Containers.ExtractArchiveToContainerAsync(id, new() { Path = "/tmp" }, packed);
        var got = await Client.Containers.GetArchiveFromContainerAsync(id, new() { Path = "/tmp/letter" }, statOnly: false);
        Assert.Equal(("letter", 4), (got.Stat.Name, got.Stat.Size));
        using var content = new MemoryStream();
        await got.Stream.CopyToAsync(content);
        content.Position = 0;
        Assert.Equal("dear", await new StreamReader((await new TarReader(content).GetNextEntryAsync())!.DataStream!).ReadToEndAsync());
        Assert.Contains(await Client.Containers.InspectChangesAsync(id), change => change is { Path: "/tmp/letter", Kind: FileSystemChangeKind.Add });
    }

    [Fact]
    public async Task One_is_published_and_known_by_its_alias()
    {
        var network = (await Client.Networks.CreateNetworkAsync(new() { Name = "dotnet-front", Labels = new Dictionary<string, string> { ["of"] = "dotnet" } })).ID;
        var server = await StartAsync(new()
        {
            Cmd = ["sh", "-c", "echo served > /tmp/index.html; exec httpd -f -h /tmp"],
            ExposedPorts = new Dictionary<string, EmptyStruct> { ["80/tcp"] = default },
            HostConfig = new() { Init = true, PortBindings = new Dictionary<string, IList<PortBinding>> { ["80/tcp"] = [new() { HostPort = "" }] } },
            NetworkingConfig = new() { EndpointsConfig = new Dictionary<string, EndpointSettings> { ["dotnet-front"] = new() { Aliases = ["shop"] } } },
        });
        var port = (await Client.Containers.InspectContainerAsync(server)).NetworkSettings.Ports["80/tcp"].First().HostPort;
        await Poll.UntilAsync("it is reached from the LAN", () => host.TryInsideAsync(0, $"curl -s -m 2 http://{LabFixture.Address(1)}:{port}/"), said => said.Output == "served\n");
        var client = await CreateAsync(new() { Cmd = ["wget", "-qO-", "http://shop/"] });
        await Client.Networks.ConnectNetworkAsync(network, new() { Container = client });
        await Client.Containers.StartContainerAsync(client, new());
        Assert.Equal(0, (await Client.Containers.WaitContainerAsync(client, Poll.Soon)).StatusCode);
        Assert.Equal(2, (await Client.Containers.ListContainersAsync(new() { All = true, Filters = new Dictionary<string, IDictionary<string, bool>> { ["network"] = new Dictionary<string, bool> { ["dotnet-front"] = true } } })).Count);
        var inUse = await Assert.ThrowsAsync<DockerApiException>(() => Client.Networks.DeleteNetworkAsync(network));
        Assert.Contains("has active endpoints", inUse.ResponseBody);
        await Client.Networks.DisconnectNetworkAsync(network, new() { Container = server, Force = true });
        await Client.Networks.DeleteNetworkAsync(network);
    }

    private async Task<string> CreateAsync(CreateContainerParameters wish)
    {
        wish.Image = "busybox";
        var id = (await Client.Containers.CreateContainerAsync(wish)).ID;
        _made.Add(id);
        return id;
    }

    private async Task<string> StartAsync(CreateContainerParameters wish)
    {
        var id = await CreateAsync(wish);
        await Client.Containers.StartContainerAsync(id, new());
        return id;
    }

    /// <summary>At once and in order, which Progress of .NET does not promise.</summary>
    private sealed class Told<T>(Action<T> hear) : IProgress<T>
    {
        public void Report(T value) => hear(value);
    }
}
