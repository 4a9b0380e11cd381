using System.Text.Json.Nodes;
using CsCheck;
using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Control;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>Who reads a service and writes back what was shown has asked for nothing: no task is replaced for it.</summary>
public sealed class WrittenBackTests
{
    // Of each part what clients leave out, null, leave empty, fill in half and spell out.
    private static readonly Gen<string> s_specs = Gen.Select(
        Part("Resources", "null", "{}", """{"Limits":{}}""", """{"Limits":{"NanoCPUs":500000000},"Reservations":null}""", """{"Reservations":{"MemoryBytes":8388608}}"""),
        Part("RestartPolicy", "null", "{}", """{"Condition":"on-failure"}""", """{"Delay":5000000000}""", """{"Condition":"any","Delay":0,"MaxAttempts":0,"Window":0}""", """{"MaxAttempts":3}"""),
        Part("Placement", "null", "{}", """{"Constraints":[]}""", """{"Constraints":["node.role==worker"],"MaxReplicas":2}""", """{"Platforms":[{"OS":"linux"}]}"""),
        Part("LogDriver", "null", "{}", """{"Name":"local"}""", """{"Options":{"max-file":"2"}}"""),
        Gen.Select(
            Part("Mounts", "null", "[]", """[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{}}]""", """[{"Source":"/s","Target":"/t","BindOptions":{"NonRecursive":true}}]""", """[{"Type":"volume","Target":"/t","VolumeOptions":{"DriverConfig":{}}}]"""),
            Part("DNSConfig", "null", "{}", """{"Search":["x"]}"""),
            Part("Healthcheck", "null", "{}", """{"Test":["NONE"]}""", """{"Interval":1000000000}"""),
            Part("Init", "null", "false", "true"),
            Part("StopGracePeriod", "null", "10000000000", "0"),
            Part("Isolation", "null", "\"\"", "\"default\""),
            (mounts, dns, health, init, grace, isolation) => mounts + dns + health + init + grace + isolation),
        Gen.Select(
            Part("EndpointSpec", "null", "{}", """{"Mode":"vip"}""", """{"Mode":"dnsrr"}""", """{"Ports":[{"TargetPort":80,"PublishedPort":8080}]}"""),
            Part("Mode", "null", "{}", """{"Replicated":{}}""", """{"Global":{}}""", """{"Replicated":{"Replicas":3}}"""),
            Part("UpdateConfig", "null", "{}", """{"Order":"start-first"}"""),
            Part("Labels", "null", "{}", """{"k":"v"}"""),
            (endpoint, mode, update, labels) => endpoint + mode + update + labels),
        Part("Networks", "null", "[]", """[{"Target":"front"}]""", """[{"Target":"net-front","Aliases":["a"]}]"""),
        (resources, restart, placement, log, container, service, networks) =>
            """{"Name":"s" """ + service + ""","TaskTemplate":{"ContainerSpec":{"Image":"a" """ + container + "}" + resources + restart + placement + log + networks + "}}");

    [Fact]
    public void What_is_read_by_any_version_and_written_back_changes_nothing() => Gen.Select(s_specs, Gen.Int[24, 51], Gen.Int[24, 51], Gen.Bool).Sample(
        (spec, reader, writer, withDefaults) => WriteBackAsync(spec, reader, writer, withDefaults).GetAwaiter().GetResult(),
        iter: 60,
        threads: 1);

    [Fact]
    public async Task What_a_spec_leaves_out_is_in_no_answer()
    {
        var world = new ControlWorld();
        using var control = world.Control;
        await using var server = await ApiServer.StartAsync(new OneManager(control));
        Assert.Equal(201, (await server.PostAsync("/services/create", """{"Name":"s","TaskTemplate":{"ContainerSpec":{"Image":"a"}}}""")).Status);
        var service = JsonNode.Parse((await server.AskAsync("GET", "/services/s")).Body)!;
        var template = service["Spec"]!["TaskTemplate"]!.AsObject();
        Assert.Equal(["ContainerSpec", "ForceUpdate", "Runtime"], template.Select(f => f.Key).Order(StringComparer.Ordinal));
        Assert.Null(service["Spec"]!["EndpointSpec"]);
        Assert.Equal("{}", service["Endpoint"]!["Spec"]!.ToJsonString());
    }

    private static async Task WriteBackAsync(string spec, int reader, int writer, bool withDefaults)
    {
        var world = new ControlWorld();
        using var control = world.Control;
        await using var server = await ApiServer.StartAsync(new OneManager(control));
        var (status, body) = await server.PostAsync("/services/create", spec);
        // An endpoint by names cannot be published through the mesh, and the like: what is refused is no matter here.
        if (status != 201) return;
        var before = control.Find(ObjectKind.Service, "s");
        var task = new SwarmTask { Spec = before.Spec.Task.Clone(), SpecVersion = before.SpecVersion, Endpoint = new() { Spec = before.Spec.Endpoint?.Clone() ?? new() } };

        var read = JsonNode.Parse((await server.AskAsync("GET", $"/v1.{reader}/services/s{(withDefaults ? "?insertDefaults=true" : "")}")).Body)!;
        // As the CLI does with each update, `service scale` too.
        if (withDefaults) read["Spec"]!["TaskTemplate"]!["ContainerSpec"]!["Image"] = "a:latest";
        var (updated, why) = await server.PostAsync($"/v1.{writer}/services/s/update?version={read["Version"]!["Index"]}", read["Spec"]!.ToJsonString());

        Assert.True(updated == 200, $"{why} for {read["Spec"]}");
        var after = control.Find(ObjectKind.Service, "s");
        Assert.Equal(before.SpecVersion, after.SpecVersion);
        task.SpecVersion--;   // As if the version alone had been raised: the task is compared with what it was made from.
        Assert.False(TaskDirt.IsDirty(after, task, null));
        if (withDefaults) return;
        var again = JsonNode.Parse((await server.AskAsync("GET", "/services/s")).Body)!;
        Assert.Equal(read["Spec"]!.ToJsonString(), again["Spec"]!.ToJsonString());
    }

    private static Gen<string> Part(string name, params string[] values)
    {
        string[] texts = ["", .. values.Select(value => $",\"{name}\":{value}")];
        return Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
    }
}
