using System.Text.Json;
using Skein.ClusterTests.Lab;
using Skein.ClusterTests.Refusals;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>What the flags of `service create` and `update` do inside the container, and that a rollback does it again.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class ServiceFieldTests(SwarmFixture swarm)
{
    // Flag, and its effect as a command in the container shows it.
    private static readonly (string Flags, string Command, string Says)[] s_given =
    [
        ("--cap-drop CHOWN --cap-add NET_ADMIN", "grep -o a80435fa /proc/1/status | head -1", "a80435fa"),
        ("--dns 192.0.2.53 --dns-option timeout:3 --dns-search example.test", "grep -E '^(search|options)' /etc/resolv.conf", "search example.test options timeout:3"),
        ("--entrypoint sh --workdir /tmp", "pwd", "/tmp"),
        ("--env COLOUR=green --env EMPTY=", "env | grep -E '^(COLOUR|EMPTY)='", "COLOUR=green EMPTY="),
        ("--user 7:8 --group 1234", "id -u; id -g; id -G", "7 8 8 1234"),
        ("--host db:192.0.2.7 --hostname box-{{.Task.Slot}}", "grep 192.0.2.7 /etc/hosts | tr '\\t' ' '; hostname", "192.0.2.7 db box-1"),
        ("--limit-memory 32m --limit-pids 64 --limit-cpu 0.5", "cat $(ls /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null) $(ls /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null)", "33554432 64"),
        ("--oom-score-adj 321", "cat /proc/1/oom_score_adj", "321"),
        ("--read-only --mount type=tmpfs,target=/tmp,tmpfs-size=1m,tmpfs-mode=1777", "touch /f 2>&1 | grep -c Read-only; grep -c ' /tmp tmpfs .*size=1024k' /proc/mounts", "1 1"),
        ("--sysctl net.core.somaxconn=129", "cat /proc/sys/net/core/somaxconn", "129"),
        ("--ulimit nofile=99:111", "ulimit -n; ulimit -Hn", "99 111"),
    ];

    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Every_flag_has_its_effect_and_a_rollback_has_it_again()
    {
        var flags = string.Join(' ', s_given.Select(given => given.Flags).Append("--container-label tier=one --label side=left --tty --stop-signal SIGINT --stop-grace-period 1s"));
        string[] create = [.. $"service create --quiet --detach --name whole {Fast} {flags} busybox -c".Split(' '), "trap exit INT; while :; do sleep 0.2; done"];
        (await Manager.RunAsync(create)).Succeeded();
        var spec = await SpecAsync();
        await RunsAsync("whole", "COLOUR=green");
        await ShowsAllAsync();

        // Whatever was given is taken away.
        await Manager.OutputOfAsync(
            "service update --quiet --detach --cap-drop NET_ADMIN --cap-add CHOWN --dns-rm 192.0.2.53 --dns-option-rm timeout:3 --dns-search-rm example.test --workdir / "
            + "--env-rm COLOUR --env-rm EMPTY --env-add COLOUR=red --user 0 --group-rm 1234 --host-rm db:192.0.2.7 --hostname plain --limit-memory 0 --limit-pids 0 --limit-cpu 0 --oom-score-adj 0 "
            + "--read-only=false --mount-rm /tmp --sysctl-rm net.core.somaxconn --ulimit-rm nofile --container-label-rm tier --tty=false whole");
        await RunsAsync("whole", "COLOUR=red");
        Assert.Equal("0 0 0", await SaysAsync("whole", "id -u; id -g; id -G"));
        Assert.Equal("0", await SaysAsync("whole", "grep -c 192.0.2.7 /etc/hosts"));
        Assert.Equal("0", await SaysAsync("whole", "grep -cE '^(search example|options.*timeout)' /etc/resolv.conf"));
        Assert.Equal("plain", await SaysAsync("whole", "hostname"));
        Assert.Equal("0 writable", await SaysAsync("whole", "cat /proc/1/oom_score_adj; touch /f && echo writable"));
        Assert.Equal("0", await SaysAsync("whole", "grep -c ' /tmp ' /proc/mounts"));
        Assert.NotEqual("129", await SaysAsync("whole", "cat /proc/sys/net/core/somaxconn"));
        Assert.NotEqual("111", await SaysAsync("whole", "ulimit -Hn"));

        await Manager.OutputOfAsync("service rollback --quiet --detach whole");
        await RunsAsync("whole", "COLOUR=green");
        await ShowsAllAsync();
        Assert.Equal(spec, await SpecAsync());
        await Manager.OutputOfAsync("service rm whole");
        await swarm.NoContainerOfAsync("whole");
    }

    [Fact]
    public async Task Privileges_are_given_by_the_api()
    {
        const string spec = """
            {"Name":"privileged","TaskTemplate":{"ContainerSpec":{"Image":"busybox","Args":["sleep","100000"],"Env":["COLOUR=blue"],"StopGracePeriod":0,
             "Privileges":{"NoNewPrivileges":true,"Seccomp":{"Mode":"unconfined"},"AppArmor":{"Mode":"disabled"}}}}}
            """;
        await ApiAsync("/services/create", spec, 201);
        await RunsAsync("privileged", "COLOUR=blue");
        Assert.Equal("NoNewPrivs: 1 Seccomp: 0", await SaysAsync("privileged", "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '"));
        var (host, container) = await swarm.AnyContainerOfAsync("privileged");
        Assert.Equal("[seccomp=unconfined apparmor=unconfined no-new-privileges=true]", await swarm.Host(host).OutputOfAsync($"inspect --format {{{{.HostConfig.SecurityOpt}}}} {container}"));
        await Manager.OutputOfAsync("service rm privileged");
        await swarm.NoContainerOfAsync("privileged");
    }

    [Fact]
    public async Task A_part_of_a_volume_and_an_image_are_mounted()
    {
        const string there = "--constraint node.hostname==h2 --stop-grace-period 0s --restart-delay 0s";
        await Manager.OutputOfAsync($"service create --quiet --detach --name filling {there} --mount type=volume,source=tree,target=/v busybox sleep 100000");
        await Manager.RunningAsync("filling", 1);
        var filling = await swarm.Host(2).OutputOfAsync("ps --quiet --filter name=^filling");
        await swarm.Host(2).OutputOfAsync($"exec {filling} mkdir -p /v/a/b");
        await swarm.Host(2).OutputOfAsync($"exec {filling} touch /v/a/b/deep");
        await Manager.OutputOfAsync(
            $"service create --quiet --detach --name parted {there} --env COLOUR=parts --mount type=volume,source=tree,target=/m,volume-subpath=a/b,readonly "
            + "--mount type=image,source=nginx,target=/i,image-subpath=etc busybox sleep 100000");
        await RunsAsync("parted", "COLOUR=parts");
        Assert.Equal("deep 1 1", await SaysAsync("parted", "ls /m; touch /m/x 2>&1 | grep -c Read-only; touch /i/x 2>&1 | grep -c Read-only; ls /i/nginx/nginx.conf > /dev/null || echo none"));
        await Manager.OutputOfAsync("service rm parted filling");
        await swarm.NoContainerOfAsync("parted");
        await swarm.NoContainerOfAsync("filling");
        await swarm.Host(2).OutputOfAsync("volume rm tree");
    }

    [Theory]
    [InlineData("type=npipe,source=//./pipe/x,target=/x", "invalid mount config for type \"npipe\": mount type unknown")]
    [InlineData("type=cluster,source=x,target=/x", "mounts of type cluster (CSI volumes) are not supported yet")]
    [InlineData("type=volume,source=x,target=/x,volume-subpath=../y", "invalid mount config for type \"volume\": subpath must be a relative path within the volume")]
    public Task A_mount_that_cannot_be_is_refused(string mount, string words) => Manager.RefusesAsync($"service create --name whole --mount {mount} busybox", words);

    [Fact]
    public async Task Lines_that_go_to_a_collector_are_read_here_too()
    {
        // Nobody listens there, which a sender of datagrams does not mind.
        await Manager.OutputOfAsync(
            "service create --quiet --detach --name told --stop-grace-period 0s --env COLOUR=told --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:5140 --log-opt tag={{.Name}} --log-opt env=COLOUR "
            + "busybox sh -c echo${IFS}spoken;sleep${IFS}100000");
        await RunsAsync("told", "COLOUR=told");
        Assert.EndsWith("| spoken", await Poll.UntilAsync("the line is there", () => Manager.OutputOfAsync("service logs told"), said => said.Length > 0), StringComparison.Ordinal);
        var (host, container) = await swarm.AnyContainerOfAsync("told");
        Assert.Matches("^COLOUR=told,tag=told.1.[a-z0-9]{25} spoken$", await swarm.Host(host).OutputOfAsync("logs --details " + container));

        await Manager.OutputOfAsync("service update --quiet --detach --log-opt cache-disabled=true --log-opt syslog-address=udp://127.0.0.1:5140 --log-driver syslog --env-add COLOUR=still told");
        await RunsAsync("told", "COLOUR=still");
        (host, container) = await swarm.AnyContainerOfAsync("told");
        await swarm.Host(host).RefusesAsync($"logs {container}", "configured logging driver does not support reading");
        await Manager.OutputOfAsync("service rm told");
        await swarm.NoContainerOfAsync("told");
    }

    [Fact]
    public async Task A_collector_that_is_not_there_keeps_a_container_from_starting()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name unheard --restart-condition none --log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:1 busybox sleep 1");
        await Poll.UntilAsync(
            "the task says why",
            async () => (await Manager.RunAsync("service", "ps", "unheard", "--no-trunc", "--format", "{{.Error}}")).Output,
            said => said.Contains("failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused", StringComparison.Ordinal));
        await Manager.OutputOfAsync("service rm unheard");
    }

    [Fact]
    public async Task The_swarms_log_driver_is_that_of_services_without_one()
    {
        await DefaultLogDriverAsync("""{"Name":"local","Options":{"max-file":"2"}}""");
        await Manager.OutputOfAsync("service create --quiet --detach --name defaulted --stop-grace-period 0s --env COLOUR=default busybox sleep 100000");
        await RunsAsync("defaulted", "COLOUR=default");
        var (host, container) = await swarm.AnyContainerOfAsync("defaulted");
        Assert.Equal("local map[max-file:2]", (await swarm.Host(host).RunAsync("inspect", "--format", "{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Config}}", container)).Succeeded());
        Assert.Equal("<nil>", await Manager.OutputOfAsync("service inspect --format {{.Spec.TaskTemplate.LogDriver}} defaulted"));
        await DefaultLogDriverAsync("null");
        await Manager.OutputOfAsync("service rm defaulted");
        await swarm.NoContainerOfAsync("defaulted");
    }

    [Theory]
    [InlineData("--log-driver nope", "logger: no log driver named 'nope' is registered")]
    [InlineData("--log-driver json-file --log-opt colour=red", "unknown log opt 'colour' for json-file log driver")]
    [InlineData("--log-driver syslog --log-opt syslog-address=ftp://x", "unsupported scheme: 'ftp'")]
    public Task A_log_driver_that_cannot_be_is_refused(string flags, string words) => Manager.RefusesAsync($"service create --name whole {flags} busybox", words);

    private Task DefaultLogDriverAsync(string driver) => ExternalProgram.RunAsync(
        "sh",
        "-c",
        $"s=/run/skein-lab-{swarm.Name}/h1/docker.sock; curl -s --unix-socket $s http://h/v1.51/swarm > /tmp/{swarm.Name}.json; v=$(jq .Version.Index /tmp/{swarm.Name}.json);"
        + $" jq '.Spec.TaskDefaults.LogDriver={driver} | .Spec' /tmp/{swarm.Name}.json | curl -sf --unix-socket $s -H 'Content-Type: application/json' -d @- \"http://h/v1.51/swarm/update?version=$v\"; e=$?; rm /tmp/{swarm.Name}.json; exit $e")
        .ContinueWith(done => done.Result.Succeeded(), TaskScheduler.Default);

    [Fact]
    public async Task What_no_node_allows_runs_nowhere_and_says_so()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name bold --container-label skein.privileged=true busybox sleep 100000");
        await Poll.UntilAsync(
            "the task says why",
            async () => (await Manager.RunAsync("service", "ps", "bold", "--no-trunc", "--format", "{{.CurrentState}}: {{.Error}}")).Output,
            said => said.StartsWith("Pending", StringComparison.Ordinal) && said.Contains("not allowed by \"allow-services\" of 3 nodes", StringComparison.Ordinal));
        await Manager.OutputOfAsync("service rm bold");
        await Manager.RefusesAsync("service create --name bold --label skein.devices=/etc/passwd busybox", "label skein.devices: bad format for path: /etc/passwd, it must be a device below /dev as --device takes it");
    }

    [Fact]
    public async Task A_credential_spec_is_refused_by_name()
    {
        var refusal = await Manager.RunAsync("service", "create", "--quiet", "--detach", "--name", "whole", "--credential-spec", "file://spec.json", "busybox");
        Assert.Contains("invalid --security-opt 2: \"credentialspec=file://spec.json\"", refusal.Errors, StringComparison.Ordinal);
        Assert.Equal(1, refusal.ExitCode);
    }

    private const string Fast = "--update-monitor 100ms --rollback-monitor 100ms --restart-delay 0s";

    private async Task ShowsAllAsync()
    {
        foreach (var (flags, command, says) in s_given) Assert.True(await SaysAsync("whole", command) is var said && said.StartsWith(says, StringComparison.Ordinal), $"{flags}: {said}, expected {says}");
        var (host, container) = await swarm.AnyContainerOfAsync("whole");
        var inspected = await swarm.Host(host).OutputOfAsync($"inspect --format {{{{.Config.Labels.tier}}}}/{{{{.Config.Tty}}}}/{{{{.Config.StopSignal}}}}/{{{{.HostConfig.NanoCpus}}}} {container}");
        Assert.Equal("one/true/SIGINT/500000000", inspected);
    }

    private Task RunsAsync(string service, string environment) => Poll.UntilAsync(
        $"a task with {environment} is the only one",
        async () =>
        {
            List<string> seen = [];
            foreach (var (host, id) in await swarm.ContainersOfAsync(service))
            {
                var inspected = await swarm.Host(host).RunAsync("inspect", "--format", "{{.State.Running}} {{json .Config.Env}}", id);
                seen.Add(inspected.Output);
            }
            return seen;
        },
        seen => seen is [var one] && one.StartsWith("true", StringComparison.Ordinal) && one.Contains($"\"{environment}\"", StringComparison.Ordinal));

    private async Task<string> SaysAsync(string service, string command)
    {
        var (host, container) = await swarm.AnyContainerOfAsync(service);
        var result = await swarm.Host(host).RunAsync("exec", container, "sh", "-c", command);
        return string.Join(' ', result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private async Task<string> SpecAsync() => (await Manager.RunAsync("service", "inspect", "--format", "{{json .Spec}}", "whole")).Succeeded();

    private async Task<JsonElement> ApiAsync(string path, string body, int status)
    {
        var result = await ExternalProgram.RunAsync(
            "curl", "-s", "-w", "\n%{http_code}", "--unix-socket", $"/run/skein-lab-{swarm.Name}/h1/docker.sock", "-H", "Content-Type: application/json", "-d", body, "http://h/v1.51" + path);
        var lines = result.Succeeded().Split('\n');
        Assert.True(lines[^1] == $"{status}", string.Join(' ', lines));
        return JsonDocument.Parse(string.Concat(lines[..^1])).RootElement;
    }
}
