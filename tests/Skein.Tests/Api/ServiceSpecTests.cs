using System.Text.Json;
using Skein.Api.Swarm;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Api;

public class ServiceSpecTests
{
    // What the CLI sends for: service create --name httpd --replicas 2 --publish 8080:80 --network ov --env A=1 httpd:latest
    private const string FromCli = """
        {"Name":"httpd","Labels":{},"TaskTemplate":{"ContainerSpec":{"Image":"httpd:latest","Env":["A=1"],"StopGracePeriod":10000000000,"DNSConfig":{}},
        "Resources":{"Limits":{"MemoryBytes":67108864},"Reservations":{}},"RestartPolicy":{"Condition":"any","Delay":0,"MaxAttempts":0},
        "Placement":{"Constraints":["node.role==worker"],"Platforms":[{"Architecture":"amd64","OS":"linux"}]},
        "Networks":[{"Target":"n1","Aliases":["web"]}],"ForceUpdate":0},
        "Mode":{"Replicated":{"Replicas":2}},"EndpointSpec":{"Mode":"vip","Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":8080,"PublishMode":"ingress"}]}}
        """;

    private static ServiceSpec Read(string json) =>
        ServiceSpecReader.Read(JsonSerializer.Deserialize(json, SwarmJson.Default.ServiceSpecJson)!);

    [Fact]
    public void What_the_CLI_sends_is_read_and_shown_again()
    {
        var spec = Read(FromCli);
        Assert.Equal(2ul, spec.Replicated.Replicas);
        Assert.Equal(0, spec.Task.Restart.Delay);
        Assert.Equal(10_000_000_000, spec.Task.Container.StopGracePeriod);
        var shown = JsonSerializer.Serialize(ServiceSpecWriter.Write(spec), SwarmJson.Default.ServiceSpecJson);
        Assert.Equal(spec, Read(shown));
        using var document = JsonDocument.Parse(shown);
        var port = document.RootElement.GetProperty("EndpointSpec").GetProperty("Ports")[0];
        Assert.Equal(("tcp", 8080, "ingress"), (port.GetProperty("Protocol").GetString(), port.GetProperty("PublishedPort").GetInt32(), port.GetProperty("PublishMode").GetString()));
    }

    [Fact]
    public void Credentials_are_never_shown()
    {
        var spec = Read(FromCli);
        spec.Task.Container.RegistryAuth = new() { Username = "reader", Password = "open-sesame", IdentityToken = "open-sesame", RegistryToken = "open-sesame" };
        var service = new Service { Id = "s", Meta = new(), Spec = spec, PreviousSpec = spec.Clone(), Endpoint = new() };
        var task = new SwarmTask { Id = "t", Meta = new(), Spec = spec.Task, ServiceId = "s" };

        string[] shown =
        [
            JsonSerializer.Serialize(ServiceJson.From(service, null), SwarmJson.Default.ServiceJson),
            JsonSerializer.Serialize(TaskJson.From(task, Skein.Manager.Store.Snapshot.Empty), SwarmJson.Default.TaskJson),
        ];

        Assert.All(shown, json => Assert.Contains("httpd:latest", json));
        Assert.All(shown, json => Assert.DoesNotContain("open-sesame", json));
        Assert.All(shown, json => Assert.DoesNotContain("reader", json));
    }

    [Fact]
    public void A_task_shows_the_whole_network_of_each_of_its_legs()
    {
        var network = new Network
        {
            Id = "n1",
            Vni = 4097,
            Meta = new() { CreatedAt = new(), UpdatedAt = new() },
            Spec = new() { Annotations = new() { Name = "front" }, Driver = "overlay", Attachable = true },
            Ipam = { new IpamConfig { Subnet = "10.0.1.0/24", Gateway = "10.0.1.1" } },
        };
        var task = new SwarmTask { Id = "t", Meta = new(), Spec = new() { Container = new() }, Networks = { new NetworkAttachment { NetworkId = "n1", Addresses = { "10.0.1.5/24" } } } };
        var store = new MemoryStore();
        store.Commit(changes => changes.Put(network));
        using var shown = JsonDocument.Parse(JsonSerializer.Serialize(TaskJson.From(task, store.Current), SwarmJson.Default.TaskJson));
        var attachment = shown.RootElement.GetProperty("NetworksAttachments")[0];
        var version = store.Current.Networks.Find("n1")!.Meta.Version;
        Assert.Equal(
            """
            {"ID":"n1","Version":{"Index":VERSION},"CreatedAt":"1970-01-01T00:00:00Z","UpdatedAt":"1970-01-01T00:00:00Z",
            "Spec":{"Name":"front","Labels":{},"DriverConfiguration":{"Name":"overlay"},"Attachable":true,
            "IPAMOptions":{"Driver":{"Name":"default"}},"Scope":"swarm"},
            "DriverState":{"Name":"overlay","Options":{"com.docker.network.driver.overlay.vxlanid_list":"4097"}},
            "IPAMOptions":{"Driver":{"Name":"default"},"Configs":[{"Subnet":"10.0.1.0/24","Gateway":"10.0.1.1"}]}}
            """.ReplaceLineEndings("").Replace("VERSION", $"{version}", StringComparison.Ordinal),
            attachment.GetProperty("Network").GetRawText());
        Assert.Equal("10.0.1.5/24", attachment.GetProperty("Addresses")[0].GetString());
    }

    [Theory]
    [InlineData("""{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"a"},"LogDriver":{"Name":"gelf"}}}""", "the log driver \"gelf\" is not supported: use json-file, local, journald, syslog or none")]
    public void What_is_not_done_yet_is_refused_by_name(string json, string message)
    {
        var error = Assert.Throws<SkeinException>(() => Read(json));
        Assert.Equal((ErrorKind.NotImplemented, message), (error.Kind, error.Message));
    }

    [Theory]
    [InlineData("{}", 1, 1)]
    [InlineData("""{"TotalCompletions":3}""", 1, 3)]
    [InlineData("""{"MaxConcurrent":5}""", 5, 5)]
    [InlineData("""{"MaxConcurrent":0,"TotalCompletions":0}""", 0, 0)]
    public void A_job_without_numbers_has_dockers(string job, ulong concurrent, ulong total)
    {
        var spec = Read($$$"""{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"a"}},"Mode":{"ReplicatedJob":{{{job}}}}}""");
        Assert.Equal((concurrent, total), (spec.ReplicatedJob.MaxConcurrent, spec.ReplicatedJob.TotalCompletions));
    }

    [Theory]
    [InlineData("""{"Weird":{}}""", "unknown service mode \"Weird\"")]
    [InlineData("""{"GlobalJob":{},"Global":{}}""", "must specify only one service mode")]
    public void One_mode_that_is_known(string mode, string message)
    {
        var error = Assert.Throws<SkeinException>(() => Read($$$"""{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"a"}},"Mode":{{{mode}}}}"""));
        Assert.Equal((ErrorKind.InvalidArgument, message), (error.Kind, error.Message));
    }

    [Fact]
    public void A_restart_delay_that_was_not_given_stays_absent()
    {
        var spec = Read("""{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"a"},"RestartPolicy":{"Condition":"none"}}}""");
        Assert.Null(spec.Task.Restart.Delay);
        Assert.Equal(1ul, spec.Replicated.Replicas);
    }
}
