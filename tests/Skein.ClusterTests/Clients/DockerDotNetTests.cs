extern alias dotnet;

using System.Text;
using dotnet::Docker.DotNet;
using dotnet::Docker.DotNet.Models;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>A swarm as a program sees it that uses Docker's client for .NET.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class DockerDotNetTests(SwarmFixture swarm) : IDisposable
{
    private readonly DockerClientConfiguration _configuration = new(swarm.Manager.Address);

    private DockerClient Client => field ??= _configuration.CreateClient();

    public void Dispose()
    {
        Client.Dispose();
        _configuration.Dispose();
    }

    [Fact]
    public async Task Nodes_are_listed_and_labelled()
    {
        var nodes = (await Client.Swarm.ListNodesAsync()).ToList();
        Assert.Equal(["h1", "h2", "h3"], nodes.Select(node => node.Description.Hostname).Order(StringComparer.Ordinal));
        var node = nodes.Single(node => node.Description.Hostname == "h2");
        var (spec, version) = (node.Spec, node.Version.Index);
        spec.Labels["rack"] = "two";
        await Client.Swarm.UpdateNodeAsync(node.ID, version, spec);
        Assert.Equal("two", (await Client.Swarm.InspectNodeAsync(node.ID)).Spec.Labels["rack"]);
        await Assert.ThrowsAsync<DockerApiException>(() => Client.Swarm.UpdateNodeAsync(node.ID, version, spec));
    }

    [Fact]
    public async Task A_service_with_a_secret_and_a_config_lives_its_life()
    {
        var network = await Client.Networks.CreateNetworkAsync(new() { Name = "dotnet", Driver = "overlay", Labels = new Dictionary<string, string> { ["of"] = "dotnet" } });
        var secret = await Client.Secrets.CreateAsync(new SecretSpec { Name = "password", Data = Encoding.UTF8.GetBytes("open sesame"), Labels = new Dictionary<string, string>() });
        var config = await Client.Configs.CreateConfigAsync(new() { Config = new() { Name = "motd", Data = [.. Encoding.UTF8.GetBytes("good day")], Labels = new Dictionary<string, string>() } });
        var spec = Spec(network.ID, secret.ID, config.ID);
        var created = await Client.Swarm.CreateServiceAsync(new() { Service = spec });

        var task = await RunningAsync("dotnet");
        Assert.Equal("open sesame good day", await LoggedAsync(created.ID));
        var node = await Client.Swarm.InspectNodeAsync(task.NodeID);
        Assert.Equal("password", Assert.Single(await Client.Secrets.ListAsync()).Spec.Name);
        Assert.Equal("good day", Encoding.UTF8.GetString([.. (await Client.Configs.InspectConfigAsync(config.ID)).Spec.Data]));
        var listed = await Client.Networks.ListNetworksAsync(new() { Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { ["of=dotnet"] = true } } });
        Assert.Equal("dotnet", Assert.Single(listed).Name);
        var inUse = await Assert.ThrowsAsync<DockerApiException>(() => Client.Secrets.DeleteAsync(secret.ID));
        Assert.Contains("secret 'password' is in use by the following service: dotnet", inUse.ResponseBody);
        Assert.Equal("said", await ExecutedAsync(int.Parse(node.Description.Hostname[1..], System.Globalization.CultureInfo.InvariantCulture), task.Status.ContainerStatus.ContainerID));

        var service = await Client.Swarm.InspectServiceAsync(created.ID);
        spec.Mode.Replicated.Replicas = 2;
        await Client.Swarm.UpdateServiceAsync(created.ID, new() { Service = spec, Version = (long)service.Version.Index });
        await Poll.UntilAsync("two tasks run", () => TasksAsync("dotnet"), tasks => tasks.Count(t => t.Status.State == TaskState.Running) == 2);

        await Client.Swarm.RemoveServiceAsync(created.ID);
        await swarm.NoContainerOfAsync("dotnet");
        await Client.Secrets.DeleteAsync(secret.ID);
        await Client.Configs.RemoveConfigAsync(config.ID);
        await Client.Networks.DeleteNetworkAsync(network.ID);
        Assert.Empty(await Client.Swarm.ListServicesAsync(new ServicesListParameters { Filters = new ServiceFilter { Name = ["dotnet"] } }));
    }

    [Fact]
    public async Task Volumes_and_their_events_are_told()
    {
        using var stop = new CancellationTokenSource();
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var watch = Client.System.MonitorEventsAsync(new ContainerEventsParameters(), new Told(message => told.Enqueue($"{message.Type} {message.Action} {message.Actor.ID}")), stop.Token);
        await Poll.UntilAsync("events are listened to", async () => (await Client.System.GetSystemInfoAsync()).NEventsListener, listeners => listeners > 0);
        var made = await Client.Volumes.CreateAsync(new() { Name = "dotnet", Labels = new Dictionary<string, string> { ["of"] = "dotnet" } });
        Assert.Equal(("dotnet", "local", "local"), (made.Name, made.Driver, made.Scope));
        Assert.EndsWith("/volumes/dotnet/_data", made.Mountpoint);
        var listed = await Client.Volumes.ListAsync(new VolumesListParameters { Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { ["of=dotnet"] = true } } });
        Assert.Equal("dotnet", Assert.Single(listed.Volumes).Name);
        Assert.Equal("dotnet", (await Client.Volumes.InspectAsync("dotnet")).Labels["of"]);
        await Client.Volumes.RemoveAsync("dotnet");
        var missing = await Assert.ThrowsAsync<DockerApiException>(() => Client.Volumes.InspectAsync("dotnet"));
        Assert.Contains("get dotnet: no such volume", missing.ResponseBody);
        await Poll.UntilAsync("both events came", () => Task.FromResult(told.ToArray()), seen => seen.Intersect(["volume create dotnet", "volume destroy dotnet"]).Count() == 2);
        await stop.CancelAsync();
        await watch.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    /// <summary>At once and in order, which Progress of .NET does not promise.</summary>
    private sealed class Told(Action<Message> hear) : IProgress<Message>
    {
        public void Report(Message value) => hear(value);
    }

    private static ServiceSpec Spec(string network, string secret, string config) => new()
    {
        Name = "dotnet",
        Mode = new() { Replicated = new() { Replicas = 1 } },
        TaskTemplate = new()
        {
            ContainerSpec = new()
            {
                Image = "busybox",
                StopGracePeriod = 1_000_000,    // a millisecond
                Command = ["sh", "-c", "echo $(cat /run/secrets/password) $(cat /motd); exec sleep 1d"],
                Secrets = [new() { SecretID = secret, SecretName = "password", File = new() { Name = "password", UID = "0", GID = "0", Mode = 0x100 } }],
                Configs = [new() { ConfigID = config, ConfigName = "motd", File = new() { Name = "/motd", UID = "0", GID = "0", Mode = 0x100 } }],
            },
            Networks = [new() { Target = network }],
        },
    };

    private async Task<TaskResponse> RunningAsync(string service) => (await Poll.UntilAsync(
        $"a task of {service} runs", () => TasksAsync(service), tasks => tasks.Any(task => task.Status.State == TaskState.Running))).First();

    private async Task<List<TaskResponse>> TasksAsync(string service) =>
        [.. await Client.Tasks.ListAsync(new TasksListParameters { Filters = new Dictionary<string, IDictionary<string, bool>> { ["service"] = new Dictionary<string, bool> { [service] = true }, ["desired-state"] = new Dictionary<string, bool> { ["running"] = true } } })];

    private async Task<string> LoggedAsync(string service)
    {
        using var logs = await Client.Swarm.GetServiceLogsAsync(service, tty: false, new() { ShowStdout = true, ShowStderr = true });
        return (await logs.ReadOutputToEndAsync(default)).stdout.TrimEnd();
    }

    private async Task<string> ExecutedAsync(int host, string container)
    {
        using var configuration = new DockerClientConfiguration(swarm.Host(host).Address);
        using var client = configuration.CreateClient();
        var exec = await client.Exec.ExecCreateContainerAsync(container, new() { Cmd = ["echo", "said"], AttachStdout = true });
        using var streams = await client.Exec.StartAndAttachContainerExecAsync(exec.ID, tty: false);
        var (output, _) = await streams.ReadOutputToEndAsync(default);
        Assert.Equal(0, (await client.Exec.InspectContainerExecAsync(exec.ID)).ExitCode);
        return output.TrimEnd();
    }
}
