using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Networks;
using Skein.Api.Swarm;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>Go takes null for every field; clients that write all they know (docker-py, Ansible, Docker.DotNet) send it.</summary>
public class GoNullsTests
{
    public static TheoryData<string> Requests => [.. s_types.Keys];

    private static readonly Dictionary<string, JsonTypeInfo> s_types = new()
    {
        ["service"] = SwarmJson.Default.ServiceSpecJson,
        ["swarm"] = SwarmJson.Default.ClusterSpecJson,
        ["init"] = SwarmJson.Default.SwarmInitJson,
        ["join"] = SwarmJson.Default.SwarmJoinJson,
        ["node"] = SwarmJson.Default.NodeSpecJson,
        ["network"] = NetworksJson.Default.NetworkCreateJson,
        ["exec"] = ContainersJson.Default.ExecCreateJson,
        ["exec start"] = ContainersJson.Default.ExecStartJson,
        ["auth"] = ImagesJson.Default.RegistryAuthJson,
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_null_is_taken_for_every_field_of_every_depth(string request)
    {
        var type = s_types[request];
        var texts = WithNull(type).ToList();
        Assert.True(texts.Count >= type.Properties.Count);
        foreach (var text in texts) Assert.NotNull(JsonSerializer.Deserialize(Without(text, type), type));
    }

    [Fact]
    public void A_null_field_is_absent_and_a_null_element_is_zero()
    {
        var type = SwarmJson.Default.ServiceSpecJson;
        Assert.Equal("""{"Name":"s"}""", Without("""{"Name":"s","Labels":null,"TaskTemplate":null}""", type));
        Assert.Equal("""{"Labels":{"k":""}}""", Without("""{"Labels":{"k":null}}""", type));
        Assert.Equal(
            """{"TaskTemplate":{"Networks":[{}],"ContainerSpec":{"Args":["","x"]}}}""",
            Without("""{"TaskTemplate":{"Networks":[null],"ContainerSpec":{"Args":[null,"x"]}}}""", type));
        Assert.Equal("""{"Unknown":[1]}""", Without("""{"Unknown":[1],"Mode":null}""", type));
        Assert.Equal("""{"Name":null""", Without("""{"Name":null""", type));
    }

    [Fact]
    public void A_mismatch_beside_a_null_is_still_named()
    {
        var error = Assert.Throws<SkeinException>(() => JsonBody.Read("""{"Labels":null,"TaskTemplate":{"ForceUpdate":"x"}}"""u8, SwarmJson.Default.ServiceSpecJson));
        Assert.Equal("invalid JSON: json: cannot unmarshal string into Go struct field ServiceSpec.TaskTemplate.ForceUpdate of type uint64", error.Message);
    }

    [Fact]
    public void Words_are_written_as_Go_writes_them() => Assert.Equal(
        """{"message":"it's \"é\" \u003cb\u003e \u0026 more"}""",
        Encoding.UTF8.GetString(new ErrorResponse("it's \"é\" <b> & more").ToJson()));

    private static string Without(string json, JsonTypeInfo type) => Encoding.UTF8.GetString(GoNulls.Without(Encoding.UTF8.GetBytes(json), type));

    private static IEnumerable<string> WithNull(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            foreach (var value in Values(type.Options.GetTypeInfo(property.PropertyType))) yield return $"{{\"{property.Name}\":{value}}}";
        }
    }

    private static IEnumerable<string> Values(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object => WithNull(type).Prepend("null"),
        JsonTypeInfoKind.Enumerable => Values(type.Options.GetTypeInfo(type.ElementType!)).Select(v => $"[{v}]").Prepend("null"),
        JsonTypeInfoKind.Dictionary => Values(type.Options.GetTypeInfo(type.ElementType!)).Select(v => $"{{\"k\":{v}}}").Prepend("null"),
        _ => ["null"],
    };
}
