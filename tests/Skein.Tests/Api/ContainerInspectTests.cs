using System.Text.Json;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Networks;
using Skein.Api.Containers;
using Skein.Api.Engine;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

public class ContainerInspectTests
{
    private const string TaskId = "t1";

    private static readonly ContainerNetwork s_live = new(
        "/run/ns/c1", "", "",
        [
            new ContainerLeg("n1", "front", "eth0", ["10.0.1.5/24"], "02:42:0a:00:01:05", ""),
            new ContainerLeg("docker_gwbridge", "docker_gwbridge", "eth1", ["172.18.0.3/16"], "02:42:ac:12:00:03", "172.18.0.1"),
        ],
        [new PortConfig { Protocol = PortProtocol.Tcp, TargetPort = 80, PublishedPort = 8080, PublishMode = PublishMode.Host }]);

    [Fact]
    public void A_task_shows_what_it_was_given_of_its_host()
    {
        var spec = new ContainerSpec
        {
            Image = "httpd",
            OomScoreAdj = 7,
            Init = true,
            DnsConfig = new() { Nameservers = { "192.0.2.53" } },
            Hosts = { "192.0.2.9 db other" },
            Ulimits = { new Ulimit { Name = "nofile", Soft = 1, Hard = 2 } },
            Mounts = { new Mount { Type = "bind", Source = "/srv", Target = "/s" } },
        };
        var resources = new ResourceRequirements { Limits = new() { MemoryBytes = 64 << 20 }, Reservations = new() { MemoryBytes = 32 << 20 } };
        var config = Inspect(Container(spec, ContainerStatus.Running, resources), s_live).GetProperty("HostConfig");
        Assert.Equal(
            """
            {"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},"NetworkMode":"default",
            "PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":false,
            "VolumeDriver":"","VolumesFrom":null,"ConsoleSize":[0,0],"CapAdd":null,"CapDrop":null,"Dns":["192.0.2.53"],"DnsOptions":null,
            "DnsSearch":null,"ExtraHosts":["db:192.0.2.9"],"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,"OomScoreAdj":7,
            "PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"UTSMode":"","UsernsMode":"",
            "ShmSize":67108864,"Runtime":"runc","Isolation":"default","CpuShares":0,"Memory":67108864,"NanoCpus":0,"CgroupParent":"",
            "BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,
            "BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"",
            "Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":33554432,"MemorySwap":134217728,"MemorySwappiness":null,
            "PidsLimit":null,"Ulimits":[{"Name":"nofile","Hard":2,"Soft":1}],"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,
            "IOMaximumBandwidth":0,"Mounts":[{"Type":"bind","Source":"/srv","Target":"/s"}],"Init":true}
            """.ReplaceLineEndings(""),
            // What depends on the host's cgroups, or is Docker's own list, is asked by name.
            Without(config, "CgroupnsMode", "OomKillDisable", "MaskedPaths", "ReadonlyPaths"));
        Assert.Equal(("host", "false"), (config.GetProperty("CgroupnsMode").GetString(), config.GetProperty("OomKillDisable").GetRawText()));
        Assert.Contains("/proc/kcore", config.GetProperty("MaskedPaths").EnumerateArray().Select(p => p.GetString()));
        Assert.Contains("/proc/sys", config.GetProperty("ReadonlyPaths").EnumerateArray().Select(p => p.GetString()));
    }

    [Fact]
    public void A_users_leg_shows_what_was_asked_of_it_before_it_stands()
    {
        var container = Container(new ContainerSpec(), ContainerStatus.Created);
        container.Definition.Standalone = new StandaloneSpec { Endpoints = { new StandaloneEndpoint { Network = "front", MacAddress = "02:42:ac:11:00:02" } } };
        var leg = Inspect(container, network: null).GetProperty("NetworkSettings").GetProperty("Networks").GetProperty("front");
        Assert.Equal(("02:42:ac:11:00:02", JsonValueKind.Null), (leg.GetProperty("MacAddress").GetString(), leg.GetProperty("Aliases").ValueKind));
    }

    [Fact]
    public void One_that_runs_shows_its_addresses_and_one_that_has_ended_its_networks()
    {
        var running = Inspect(Container(new ContainerSpec(), ContainerStatus.Running), s_live).GetProperty("NetworkSettings");
        Assert.Equal(("10.0.1.5", 24, "n1"), Front(running));
        Assert.Equal("/run/ns/c1", running.GetProperty("SandboxKey").GetString());
        Assert.Equal(["front"], running.GetProperty("Networks").EnumerateObject().Select(n => n.Name));

        var ended = Inspect(Container(new ContainerSpec(), ContainerStatus.Exited), network: null).GetProperty("NetworkSettings");
        Assert.Equal(("", 0, "n1"), Front(ended));
        Assert.Equal("", ended.GetProperty("Networks").GetProperty("front").GetProperty("EndpointID").GetString());
        Assert.Equal(("", "", ""), (Text("SandboxKey"), Text("IPAddress"), Text("MacAddress")));

        string? Text(string name) => ended.GetProperty(name).GetString();

        static (string?, int, string?) Front(JsonElement settings)
        {
            var front = settings.GetProperty("Networks").GetProperty("front");
            return (front.GetProperty("IPAddress").GetString(), front.GetProperty("IPPrefixLen").GetInt32(), front.GetProperty("NetworkID").GetString());
        }
    }

    [Fact]
    public void A_port_that_is_published_on_the_host_is_exposed()
    {
        Assert.Equal("""{"80/tcp":{}}""", Exposed(s_live));
        Assert.Equal("", Exposed(null));

        static string Exposed(ContainerNetwork? network) =>
            Inspect(Container(new ContainerSpec(), ContainerStatus.Running), network).GetProperty("Config").TryGetProperty("ExposedPorts", out var ports) ? ports.GetRawText() : "";
    }

    [Fact]
    public void Statistics_have_every_name_of_Dockers_that_programs_read_without_asking()
    {
        var stats = JsonDocument.Parse(JsonSerializer.Serialize(StatsJson.From(Container(new ContainerSpec(), ContainerStatus.Exited), null, null), StatsJsonContext.Default.StatsJson)).RootElement;
        Assert.Equal("{}", stats.GetProperty("storage_stats").GetRawText());
        Assert.Equal(
            """
            {"io_service_bytes_recursive":null,"io_serviced_recursive":null,"io_queue_recursive":null,"io_service_time_recursive":null,
            "io_wait_time_recursive":null,"io_merged_recursive":null,"io_time_recursive":null,"sectors_recursive":null}
            """.ReplaceLineEndings(""),
            stats.GetProperty("blkio_stats").GetRawText());
    }

    [Fact]
    public void A_container_joins_its_networks_as_it_starts_and_leaves_them_when_it_has_ended()
    {
        Assert.Equal(["network connect n1 front overlay c1", "container start c1 web.1.t1  "], Told("start"));
        Assert.Equal(["container die c1 web.1.t1  ", "network disconnect n1 front overlay c1"], Told("die"));
        Assert.Equal(["container kill c1 web.1.t1  "], Told("kill"));

        static IEnumerable<string> Told(string action) => EventsOf(action, Container(new ContainerSpec(), ContainerStatus.Running), _ => "overlay");
    }

    [Theory]
    [InlineData("web", "network connect n1 front macvlan c1")]
    [InlineData("host", "network connect id-of-host host host c1")]
    [InlineData("none", "network connect id-of-none none null c1")]
    public void A_users_container_joins_a_network_of_whatever_driver(string mode, string told)
    {
        var container = Container(new ContainerSpec(), ContainerStatus.Running);
        container.Definition.Standalone = new() { NetworkMode = mode };
        Assert.Equal([told, "container start c1 web.1.t1  "], EventsOf("start", container, _ => "macvlan"));
    }

    private static IEnumerable<string> EventsOf(string action, ContainerRecord container, Func<string, string> driverOf) =>
        Skein.Api.Engine.ContainerEvents.Of(new ContainerEvent(DateTimeOffset.UnixEpoch, action, container, new Dictionary<string, string>()), driverOf, name => "id-of-" + name)
            .Select(e => $"{e.Type} {e.Action} {e.Id} {e.Attributes["name"]} {e.Attributes.GetValueOrDefault("type")} {e.Attributes.GetValueOrDefault("container")}");

    [Fact]
    public void What_it_was_given_follows_the_hosts_cgroups()
    {
        var container = Container(new ContainerSpec(), ContainerStatus.Running, new() { Limits = new() { MemoryBytes = 64 << 20 } });
        var config = Inspect(container, s_live, new(Unified: true, LimitsSwap: false)).GetProperty("HostConfig");
        Assert.Equal(
            ("private", "null", "-1"),
            (config.GetProperty("CgroupnsMode").GetString(), config.GetProperty("OomKillDisable").GetRawText(), config.GetProperty("MemorySwap").GetRawText()));
    }

    [Fact]
    public void A_command_that_runs_has_no_exit_code_and_says_so()
    {
        var exec = new ExecRecord("e1", "c1", new ExecDefinition(["true"], [], "", "", false, false, true, true, false, ""), Running: true, ExitCode: null, Pid: 9);
        Assert.Contains("\"ExitCode\":null", JsonSerializer.Serialize(ExecInspectJson.From(exec), ContainersJson.Default.ExecInspectJson));
    }

    private static string Without(JsonElement value, params string[] names)
    {
        var left = value.EnumerateObject().Where(p => !names.Contains(p.Name)).Select(p => $"\"{p.Name}\":{p.Value.GetRawText()}");
        return "{" + string.Join(',', left) + "}";
    }

    /// <summary>Ansible compares them with what it asked for, and makes a container anew that shows others.</summary>
    [Fact]
    public void A_users_options_are_shown_in_his_words()
    {
        var container = Container(new() { Image = "httpd", Privileges = new() { NoNewPrivileges = true } }, ContainerStatus.Running);
        container.Definition.Standalone = new() { SecurityOpt = { "no-new-privileges" }, UsernsMode = "host" };
        var config = Inspect(container, null).GetProperty("HostConfig");
        Assert.Equal(("""["no-new-privileges"]""", "host"), (config.GetProperty("SecurityOpt").GetRawText(), config.GetProperty("UsernsMode").GetString()));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("none")]
    public void A_container_without_a_leg_is_listed_on_its_network(string mode)
    {
        var container = Container(new() { Image = "httpd" }, ContainerStatus.Running);
        container.Definition.Standalone = new() { NetworkMode = mode };
        Assert.Equal(
            $$$"""{"{{{mode}}}":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"","DriverOpts":null,"GwPriority":0,"NetworkID":"{{{mode}}}","EndpointID":"","Gateway":"","IPAddress":"","IPPrefixLen":0,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":[]}}""",
            Inspect(container, null).GetProperty("NetworkSettings").GetProperty("Networks").GetRawText());
        var row = ContainerSummaryJson.From(container, null, null, new VolumeFolders("/lib"), DateTimeOffset.UnixEpoch);
        Assert.Equal((mode, mode), (row.HostConfig.NetworkMode, Assert.Single(row.NetworkSettings.Networks).Key));
    }

    [Fact]
    public void A_row_shows_what_its_user_exposes()
    {
        var container = Container(new() { Image = "httpd" }, ContainerStatus.Running);
        container.Definition.Standalone = new() { NetworkMode = "bridge", ExposedPorts = { "90/udp" } };
        var port = Assert.Single(ContainerSummaryJson.PortsOf(container, null, null));
        Assert.Equal((90u, null, "udp"), (port.PrivatePort, port.PublicPort, port.Type));
    }

    private static JsonElement Inspect(ContainerRecord container, ContainerNetwork? network, HostCgroups? cgroups = null) => JsonDocument.Parse(
        JsonSerializer.Serialize(ContainerInspectJson.From(container, network, null, new VolumeFolders("/lib"), cgroups ?? new(Unified: false, LimitsSwap: true)), ContainersJson.Default.ContainerInspectJson)).RootElement;

    private static ContainerRecord Container(ContainerSpec spec, ContainerStatus status, ResourceRequirements? resources = null) => new(
        new ContainerDefinition
        {
            Id = "c1",
            Name = "web.1.t1",
            TaskId = TaskId,
            Spec = spec,
            Labels = { ["com.docker.swarm.task.id"] = TaskId },
            Hostname = "h",
            NetworkNamespacePath = "/run/ns/c1",
            Resources = resources,
            Networks = { new StoredNetwork { Id = "n1", Name = "front" } },
        },
        new ContainerState(status, 1, 0, false, "", DateTimeOffset.UnixEpoch, null),
        DateTimeOffset.UnixEpoch);
}
