using System.Text;
using System.Text.Json;
using Skein.Agent.Containers;
using Skein.Api;
using Skein.Api.Containers;
using Skein.Api.Containers.Create;
using Skein.Api.Http;
using Skein.Api.Networks;
using Skein.Api.Swarm;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Tests.Api.Leaves;

/// <summary>What becomes of a request's text: the model it is read to, and what is shown of that. SkeinException when it is refused.</summary>
internal static class LeafReader
{
    /// <summary>The least that is accepted of each request.</summary>
    public static readonly IReadOnlyDictionary<string, string> Basis = new Dictionary<string, string>
    {
        ["service"] = """{"Name":"s","TaskTemplate":{"ContainerSpec":{"Image":"a"}}}""",
        ["swarm"] = """{"Name":"default"}""",
        ["init"] = "{}",
        ["join"] = """{"RemoteAddrs":["192.0.2.1:2377"]}""",
        ["node"] = """{"Role":"worker","Availability":"active"}""",
        ["secret"] = """{"Name":"k","Data":"eQ=="}""",
        ["config"] = """{"Name":"k","Data":"eQ=="}""",
        ["container"] = """{"Image":"a"}""",
        ["network"] = """{"Name":"n","Driver":"overlay"}""",
        ["connect"] = """{"Container":"c"}""",
        ["disconnect"] = """{"Container":"c"}""",
    };

    /// <returns>Shown is null for requests whose object is never shown as it was sent.</returns>
    public static (string Model, string? Shown) Read(string request, string json) => request switch
    {
        "service" => Service(Bytes(json)),
        "swarm" => Swarm(Bytes(json)),
        "init" => (Init(Bytes(json)), null),
        "join" => (Join(Bytes(json)), null),
        "node" => Node(Bytes(json)),
        "secret" => Dependency(Bytes(json), isConfig: false),
        "config" => Dependency(Bytes(json), isConfig: true),
        "container" => Container(Bytes(json)),
        "network" => Network(Bytes(json)),
        "connect" => (Connect(Bytes(json)), null),
        "disconnect" => (JsonBody.Read(Bytes(json), NetworksJson.Default.NetworkDisconnectJson).ToString(), null),
        _ => throw new ArgumentOutOfRangeException(nameof(request), request, "is read nowhere"),
    };

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    private static (string, string?) Service(byte[] json)
    {
        var spec = ServiceSpecReader.Read(JsonBody.Read(json, SwarmJson.Default.ServiceSpecJson));
        ServiceSpecValidation.Check(spec);
        return (spec.ToString(), JsonSerializer.Serialize(ServiceSpecWriter.Write(spec), SwarmJson.Default.ServiceSpecJson));
    }

    private static (string, string?) Swarm(byte[] json)
    {
        var spec = JsonBody.Read(json, SwarmJson.Default.ClusterSpecJson).ToModel();
        ClusterSpecValidation.Check(spec);
        // A root to rotate to is taken once, and is shown as what it has become.
        var isTakenOnce = spec.Ca is { SigningCert.IsEmpty: false } or { SigningKey.IsEmpty: false };
        return (spec.ToString(), isTakenOnce ? null : JsonSerializer.Serialize(ClusterSpecJson.From(spec), SwarmJson.Default.ClusterSpecJson));
    }

    private static string Init(byte[] json)
    {
        var request = JsonBody.Read(json, SwarmJson.Default.SwarmInitJson).ToModel();
        SwarmInitCheck.Check(request, []);
        return $"{request} {string.Join(' ', request.DefaultAddrPool)}";
    }

    private static string Join(byte[] json)
    {
        var request = JsonBody.Read(json, SwarmJson.Default.SwarmJoinJson).ToModel();
        return $"{request} {string.Join(' ', request.RemoteAddrs)}";
    }

    private static (string, string?) Node(byte[] json)
    {
        var spec = JsonBody.Read(json, SwarmJson.Default.NodeSpecJson).ToModel();
        return (spec.ToString(), JsonSerializer.Serialize(NodeSpecJson.From(spec), SwarmJson.Default.NodeSpecJson));
    }

    private static (string, string?) Dependency(byte[] json, bool isConfig)
    {
        var spec = JsonBody.Read(json, SwarmJson.Default.DependencySpecJson).ToModel();
        DependencyValidation.Check("secret", spec, 100);
        return (spec.ToString(), isConfig ? JsonSerializer.Serialize(DependencySpecJson.From(spec, withData: true), SwarmJson.Default.DependencySpecJson) : null);
    }

    private static (string, string?) Container(byte[] json)
    {
        var read = JsonBody.Read(json, CreateJsonContext.Default.ContainerCreateJson);
        var definition = ContainerReader.Read(read, "c", ApiVersion.Current, []);
        // A leg is shown with what it has, once there is one.
        if (read.NetworkingConfig is not null || read.MacAddress is not null) return (definition.ToString(), null);
        var record = new ContainerRecord(definition, new(Skein.Agent.Containers.ContainerStatus.Created, 0, 0, false, "", null, null), DateTimeOffset.UnixEpoch);
        var inspect = ContainerInspectJson.From(record, null, null, new("/lib"), new(Unified: false, LimitsSwap: true));
        var shown = JsonSerializer.SerializeToNode(inspect, ContainersJson.Default.ContainerInspectJson)!;
        var config = shown["Config"]!.DeepClone();
        config["HostConfig"] = shown["HostConfig"]!.DeepClone();
        return (definition.ToString(), config.ToJsonString());
    }

    private static string Connect(byte[] json)
    {
        var read = JsonBody.Read(json, NetworksJson.Default.NetworkConnectJson);
        return $"{read.Container} {EndpointsReader.Read("n", read.EndpointConfig ?? new())}";
    }

    private static (string, string?) Network(byte[] json)
    {
        var wanted = JsonBody.Read(json, NetworksJson.Default.NetworkCreateJson);
        NetworkCreateCheck.Check(wanted);
        var spec = wanted.ToModel();
        NetworkSpecValidation.Check(spec);
        return (spec.ToString(), JsonSerializer.Serialize(NetworkCatalog.From(new Network { Spec = spec }), NetworksJson.Default.NetworkJson));
    }
}
