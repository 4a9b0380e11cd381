using System.Text;
using Skein.Agent.Containers.Archive;
using Skein.Api;
using Skein.Api.Containers.Create;
using Skein.Api.Http;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>What no path, and no line of a file, can be is the client's mistake.</summary>
public sealed class CreateWordsTests
{
    [Theory]
    [InlineData("""{"Dns":["192.0.2.1\nnameserver 192.0.2.2"]}""", "ParseAddr(\"192.0.2.1\nnameserver 192.0.2.2\"): unable to parse IP")]
    [InlineData("""{"DnsSearch":["a\nnameserver 192.0.2.2"]}""", "invalid DNS setting: \"a\nnameserver 192.0.2.2\"")]
    [InlineData("""{"DnsOptions":["a\nb"]}""", "invalid DNS setting: \"a\nb\"")]
    [InlineData("""{"Binds":["/tmp\u0000x:/y"]}""", "invalid volume specification: '/tmp\0x:/y'")]
    [InlineData("""{"Mounts":[{"Type":"volume","Source":"v","Target":"/y\u0000"}]}""", "invalid mount path: '/y\0' mount path must be absolute")]
    [InlineData("""{"Ulimits":[{"Name":"nofile","Soft":-5,"Hard":10}]}""", "invalid ulimit nofile: -5:10")]
    [InlineData("""{"Ulimits":[{"Name":"loud","Soft":1,"Hard":10}]}""", "invalid ulimit type: loud")]
    [InlineData("""{"Links":["a:b:c"]}""", "bad format for links: a:b:c")]
    [InlineData("""{"Links":[""]}""", "empty string specified for links")]
    [InlineData("""{"Links":["a:b\nc"]}""", "bad format for links: a:b\nc")]
    [InlineData("""{"Links":["a"],"NetworkMode":"none"}""", "conflicting options: links and the network mode none")]
    [InlineData("""{"Links":["a"],"NetworkMode":"host"}""", "conflicting options: host type networking can't be used with links. This would result in undefined behavior")]
    [InlineData("""{"Links":["a"],"NetworkMode":"container:b"}""", "conflicting options: container type network can't be used with links. This would result in undefined behavior")]
    public void A_container_is_refused(string host, string words)
    {
        var body = JsonBody.Read(Encoding.UTF8.GetBytes($$"""{"Image":"busybox","HostConfig":{{host}}}"""), CreateJsonContext.Default.ContainerCreateJson);
        var refused = Assert.Throws<SkeinException>(() => ContainerReader.Read(body, "name", ApiVersion.Current, []));
        Assert.Equal((ErrorKind.InvalidArgument, words), (refused.Kind, refused.Message));
    }

    [Theory]
    [InlineData("""{"Hostname":"a\nb"}""", "invalid hostname: at most 64 characters, and none of control")]
    [InlineData("""{"Domainname":"a\nb"}""", "invalid domainname: at most 64 characters, and none of control")]
    [InlineData("""{"Hostname":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "invalid hostname: at most 64 characters, and none of control")]
    [InlineData("""{"MacAddress":"01:00:5e:00:00:01"}""", "invalid endpoint settings:\ninvalid MAC address: 01:00:5e:00:00:01")]
    [InlineData("""{"MacAddress":"00:00:00:00:00:00"}""", "invalid endpoint settings:\ninvalid MAC address: 00:00:00:00:00:00")]
    public void A_name_or_an_address_that_cannot_be_is_refused(string config, string words)
    {
        var body = JsonBody.Read(Encoding.UTF8.GetBytes(config), CreateJsonContext.Default.ContainerCreateJson);
        Assert.Equal(words, Assert.Throws<SkeinException>(() => ContainerReader.Read(body, "name", ApiVersion.Current, [])).Message);
    }

    [Theory]
    [InlineData("db", "db:db")]
    [InlineData("db:store", "db:store")]
    [InlineData("/db:/web/store", "db:store")]   // as inspect shows it
    public void A_link_is_a_name_that_one_container_knows(string given, string kept)
    {
        Assert.Equal(kept, string.Join(' ', Read($$"""{"Links":["{{given}}"],"NetworkMode":"shop"}""").Endpoints[0].Links));
        var link = Assert.Single(Read($$"""{"Links":["{{given}}"]}""").Links);
        Assert.Equal(kept, $"{link.Name}:{link.Alias}");
    }

    private static StandaloneSpec Read(string host) => ContainerReader.Read(
        JsonBody.Read(Encoding.UTF8.GetBytes($$"""{"Image":"busybox","HostConfig":{{host}}}"""), CreateJsonContext.Default.ContainerCreateJson), "name", ApiVersion.Current, []).Standalone;

    [Fact]
    public void Published_ports_have_a_bound()
    {
        var ports = string.Join(',', Enumerable.Range(1, 16_385).Select(port => $$"""{"HostPort":"{{port}}"}"""));
        Assert.StartsWith("more than 16384 published ports", Assert.Throws<SkeinException>(() => Read($$$"""{"PortBindings":{"80/tcp":[{{{ports}}}]}}""")).Message);
    }

    [Fact]
    public void A_path_to_copy_is_refused() =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<SkeinException>(() => ArchivePath.Of("/etc\0/passwd")).Kind);
}
