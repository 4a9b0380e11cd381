using System.Text;
using Skein.Api.Http;
using Skein.Api.Swarm;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class GoJsonErrorTests
{
    [Theory]
    [InlineData("""{"Name":5}""", "json: cannot unmarshal number into Go struct field ServiceSpec.Name of type string")]
    [InlineData("""{"TaskTemplate":{"ContainerSpec":{"Image":{}}}}""", "json: cannot unmarshal object into Go struct field ServiceSpec.TaskTemplate.ContainerSpec.Image of type string")]
    [InlineData("""{"TaskTemplate":{"ContainerSpec":{"Env":"A=1"}}}""", "json: cannot unmarshal string into Go struct field ServiceSpec.TaskTemplate.ContainerSpec.Env of type []string")]
    [InlineData("""{"TaskTemplate":{"ContainerSpec":{"Mounts":[{"ReadOnly":"yes"}]}}}""", "json: cannot unmarshal string into Go struct field ServiceSpec.TaskTemplate.ContainerSpec.Mounts.ReadOnly of type bool")]
    [InlineData("""{"Mode":{"Replicated":{"Replicas":-1}}}""", "json: cannot unmarshal number -1 into Go struct field ServiceSpec.Mode.Replicated.Replicas of type uint64")]
    [InlineData("""{"Labels":["a"]}""", "json: cannot unmarshal array into Go struct field ServiceSpec.Labels of type map[string]string")]
    [InlineData("""{"Labels":{"a":true}}""", "json: cannot unmarshal bool into Go struct field ServiceSpec.Labels.a of type string")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type ServiceSpec")]
    [InlineData("{bad}", "invalid character 'b' looking for beginning of object key string")]
    [InlineData("""{"a" 1}""", "invalid character '1' after object key")]
    [InlineData("""{"Labels":{} "a"}""", "invalid character '\"' after object key:value pair")]
    [InlineData("""{"Name":}""", "invalid character '}' looking for beginning of value")]
    [InlineData("""{"Name":"a",}""", "invalid character '}' looking for beginning of object key string")]
    [InlineData("hello", "invalid character 'h' looking for beginning of value")]
    [InlineData("""{"Name":"a""", "unexpected EOF")]
    [InlineData("{", "unexpected EOF")]
    public void What_is_wrong_is_said_in_Gos_words(string json, string message) =>
        Assert.Equal("invalid JSON: " + message, Assert.Throws<SkeinException>(() => JsonBody.Read(Encoding.UTF8.GetBytes(json), SwarmJson.Default.ServiceSpecJson)).Message);

    [Theory]
    [InlineData("""{"Data":"aGk="}""", "aGk=")]
    [InlineData("""{"Data":[104,105]}""", "aGk=")]
    [InlineData("""{"Data":[]}""", "")]
    [InlineData("""{"Data":null}""", null)]
    public void Bytes_are_a_text_in_base64_or_a_list(string json, string? base64) =>
        Assert.Equal(base64, JsonBody.Read(Encoding.UTF8.GetBytes(json), SwarmJson.Default.DependencySpecJson).Data);

    [Theory]
    [InlineData("""{"Data":[256]}""")]
    [InlineData("""{"Data":["a"]}""")]
    [InlineData("""{"Data":5}""")]
    public void What_is_no_list_of_bytes_is_refused(string json) =>
        Assert.Equal(
            ErrorKind.InvalidArgument,
            Assert.Throws<SkeinException>(() => JsonBody.Read(Encoding.UTF8.GetBytes(json), SwarmJson.Default.DependencySpecJson)).Kind);
}
