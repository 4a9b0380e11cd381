using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class UpdateTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_service_is_given_another_image_and_gets_its_former_one_back()
    {
        await CreateAsync("imaged", "--replicas 2 nginx");
        var before = await SpecAsync("imaged");
        await UpdateAsync("imaged", "--image httpd --env-add COLOUR=green");
        await RunsAsync("imaged", 2, "httpd:latest");
        var (host, container) = await swarm.AnyContainerOfAsync("imaged");
        Assert.Contains("COLOUR=green", await swarm.Host(host).LinesOfAsync($"exec {container} env"));

        await Manager.OutputOfAsync("service rollback --quiet --detach imaged");
        await RunsAsync("imaged", 2, "nginx:latest");
        Assert.Equal(before, await SpecAsync("imaged"));
        await Poll.UntilAsync(
            "the service says that it was rolled back",
            () => Manager.OutputOfAsync("service inspect --format {{.UpdateStatus.State}} imaged"),
            state => state == "rollback_completed");
        await Manager.OutputOfAsync("service rm imaged");
    }

    [Fact]
    public async Task What_was_created_a_moment_ago_is_updated_by_the_version_that_is_inspected()
    {
        using var api = new System.Net.Http.HttpClient(new System.Net.Http.SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint($"/run/skein-lab-{swarm.Name}/h1/docker.sock"), cancel);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        api.BaseAddress = new("http://docker");
        await Manager.OutputOfAsync("network create -d overlay young");
        List<string> refused = [];
        for (var i = 0; i < 100; i++)
        {
            var spec = $$$"""{"Name":"young{{{i}}}","TaskTemplate":{"ContainerSpec":{"Image":"httpd"},"Networks":[{"Target":"young"}]},"Mode":{"Replicated":{"Replicas":0}},"EndpointSpec":{"Ports":[{"TargetPort":80}]}}""";
            using var created = await api.PostAsync("/services/create", Json(spec));
            Assert.Equal(System.Net.HttpStatusCode.Created, created.StatusCode);
            using var seen = System.Text.Json.JsonDocument.Parse(await api.GetStringAsync($"/services/young{i}"));
            var version = seen.RootElement.GetProperty("Version").GetProperty("Index").GetUInt64();
            using var updated = await api.PostAsync($"/services/young{i}/update?version={version}", Json(spec));
            if (!updated.IsSuccessStatusCode) refused.Add(await updated.Content.ReadAsStringAsync());
            using var removed = await api.DeleteAsync($"/services/young{i}");
        }
        Assert.Empty(refused);

        await Manager.OutputOfAsync("service create --detach --quiet --name young --publish 80 --network young httpd");
        await Manager.OutputOfAsync("service update --detach --quiet --label-add age=0 young");
        await Manager.OutputOfAsync("service rm young");
        await Manager.RemoveNetworkAsync("young");

        static System.Net.Http.StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
    }

    [Fact]
    public async Task Force_replaces_every_task_though_nothing_changed()
    {
        await CreateAsync("forced", "--replicas 2 httpd");
        var before = await TasksAsync("forced");
        await UpdateAsync("forced", "--force");
        await Poll.UntilAsync(
            "two other tasks run",
            () => TasksAsync("forced"),
            now => now.Length == 2 && !now.Intersect(before).Any());
        await Manager.RunningAsync("forced", 2);
        await Manager.OutputOfAsync("service rm forced");
    }

    [Fact]
    public async Task A_port_is_published_and_withdrawn_while_the_service_runs()
    {
        await CreateAsync("ported", "httpd");
        await UpdateAsync("ported", "--publish-add 8111:80");
        await PortAnswersAsync(8111, true);
        await UpdateAsync("ported", "--publish-rm 80 --publish-add 8112:80");
        await PortAnswersAsync(8112, true);
        await PortAnswersAsync(8111, false);
        await Manager.OutputOfAsync("service rm ported");
        await PortAnswersAsync(8112, false);
    }

    [Fact]
    public async Task Scaled_down_it_gives_everything_back_and_the_network_can_go()
    {
        await Manager.OutputOfAsync("network create -d overlay shrinking");
        await CreateAsync("shrinking", "--replicas 5 --network shrinking httpd");
        await Manager.OutputOfAsync("service scale --detach shrinking=1");
        await Poll.UntilAsync("one container is left", () => swarm.ContainersOfAsync("shrinking", all: true), all => all.Count == 1);
        await Manager.OutputOfAsync("service scale --detach shrinking=0");
        await swarm.NoContainerOfAsync("shrinking");
        Assert.Equal("shrinking 0/0", await Manager.OutputOfAsync("service ls --filter name=shrinking --format {{.Name}}@{{.Replicas}}").Spaced());
        await Manager.OutputOfAsync("service rm shrinking");
        await Manager.RemoveNetworkAsync("shrinking");
        Assert.Empty(await Manager.LinesOfAsync("network ls --quiet --filter name=shrinking"));
    }

    private async Task CreateAsync(string name, string wish)
    {
        await Manager.OutputOfAsync($"service create --quiet --detach --name {name} --update-monitor 100ms --rollback-monitor 100ms {wish}");
        await Manager.RunningAsync(name, wish.Contains("--replicas", StringComparison.Ordinal) ? wish.Split("--replicas ")[1][0] - '0' : 1);
    }

    private Task UpdateAsync(string name, string change) => Manager.OutputOfAsync($"service update --quiet --detach {change} {name}");

    private async Task<string> SpecAsync(string name) =>
        (await Manager.RunAsync("service", "inspect", "--format", "{{json .Spec.TaskTemplate.ContainerSpec}}", name)).Succeeded();

    private Task<string[]> TasksAsync(string name) => Manager.LinesOfAsync($"service ps --quiet --filter desired-state=running {name}");

    private Task RunsAsync(string name, int replicas, string image) => Poll.UntilAsync(
        $"{replicas} tasks of {name} run {image}",
        async () => (await Manager.RunAsync("service", "ps", name, "--filter", "desired-state=running", "--format", "{{.CurrentState}}/{{.Image}}")).Lines(),
        rows => rows.Length == replicas && rows.All(r => r.StartsWith("Running", StringComparison.Ordinal) && r.EndsWith("/" + image, StringComparison.Ordinal)));

    private Task PortAnswersAsync(int port, bool answers) => Poll.UntilAsync(
        $"port {port} {(answers ? "answers" : "is closed")} on every host",
        async () =>
        {
            var open = 0;
            for (var host = 1; host <= swarm.Hosts; host++)
                open += (await swarm.TryInsideAsync(0, $"curl -s -m 3 http://{LabFixture.Address(host)}:{port}/")).ExitCode == 0 ? 1 : 0;
            return open;
        },
        open => open == (answers ? swarm.Hosts : 0));
}
