using System.Text.Json;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public sealed class VolumeRoutesTests
{
    [Fact]
    public async Task A_volume_is_shown_as_Docker_shows_it()
    {
        await using var server = await ApiServer.StartAsync();
        var (status, created) = await server.PostAsync("/volumes/create", """{"Name":"data","Labels":{"tier":"db"}}""");
        Assert.Equal(201, status);
        var seen = JsonDocument.Parse(created).RootElement;
        Assert.Equal(["CreatedAt", "Driver", "Labels", "Mountpoint", "Name", "Options", "Scope"], seen.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("local", "local", JsonValueKind.Null), (seen.GetProperty("Driver").GetString(), seen.GetProperty("Scope").GetString(), seen.GetProperty("Options").ValueKind));
        Assert.EndsWith("/volumes/data/_data", seen.GetProperty("Mountpoint").GetString());
        Assert.Equal((200, created), await server.AskAsync("GET", "/volumes/data"));
        Assert.Equal((200, $$"""{"Volumes":[{{created}}],"Warnings":null}"""), await server.AskAsync("GET", "/volumes"));
    }

    [Theory]
    [InlineData("""{"name":["da"]}""", "data")]
    [InlineData("""{"label":{"tier":true}}""", "data")]
    [InlineData("""{"label":["tier=web"]}""", "")]
    [InlineData("""{"driver":["local"]}""", "data,used")]
    [InlineData("""{"driver":{"nfs":true}}""", "")]
    [InlineData("""{"dangling":["true"]}""", "data")]
    [InlineData("""{"dangling":{"0":true}}""", "used")]
    public async Task A_list_is_filtered_in_both_forms(string filters, string names)
    {
        await using var server = await ApiServer.StartAsync();
        await server.PostAsync("/volumes/create", """{"Name":"data","Labels":{"tier":"db"}}""");
        await UseAsync(server, "used");
        var (_, body) = await server.AskAsync("GET", "/volumes?filters=" + Uri.EscapeDataString(filters));
        Assert.Equal(names, string.Join(',', JsonDocument.Parse(body).RootElement.GetProperty("Volumes").EnumerateArray().Select(v => v.GetProperty("Name").GetString())));
    }

    [Theory]
    [InlineData("GET", "/volumes/none", 404, "get none: no such volume")]
    [InlineData("DELETE", "/volumes/none", 404, "get none: no such volume")]
    [InlineData("DELETE", "/volumes/used", 409, "remove used: volume is in use - [c1]")]
    [InlineData("DELETE", "/volumes/used?force=1", 409, "remove used: volume is in use - [c1]")]
    [InlineData("GET", "/volumes?filters=%7B%22colour%22:%5B%22red%22%5D%7D", 400, "invalid filter 'colour'")]
    [InlineData("PUT", "/volumes/used?version=1", 501, "cluster volumes (CSI) are not supported: use volumes of the driver local")]
    public async Task What_cannot_be_is_refused_in_Dockers_words(string method, string path, int expected, string words)
    {
        await using var server = await ApiServer.StartAsync();
        await UseAsync(server, "used");
        var (status, body) = await server.AskAsync(method, path);
        Assert.Equal((expected, words), (status, JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("""{"Name":"data","Driver":"nfs"}""", 404, "create data: error looking up volume plugin nfs: plugin \"nfs\" not found")]
    [InlineData("""{"Name":"data","DriverOpts":{"colour":"red"}}""", 400, "create data: invalid option: \"colour\"")]
    [InlineData("""{"Name":"data","DriverOpts":{"type":"nfs"}}""", 400, "create data: missing required option: \"device\"")]
    [InlineData("""{"Name":"data","ClusterVolumeSpec":{}}""", 501, "cluster volumes (CSI) are not supported: use volumes of the driver local")]
    public async Task A_volume_that_cannot_be_is_refused(string request, int expected, string words)
    {
        await using var server = await ApiServer.StartAsync();
        var (status, body) = await server.PostAsync("/volumes/create", request);
        Assert.Equal((expected, words), (status, JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()));
        Assert.Empty(server.Containers.Volumes.List());
    }

    [Fact]
    public async Task Who_forces_wants_it_gone_and_it_is()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal(204, (await server.AskAsync("DELETE", "/volumes/none?force=1")).Status);
    }

    [Theory]
    [InlineData("/v1.42/volumes/prune", "unnamed")]
    [InlineData("/v1.42/volumes/prune?filters=%7B%22all%22:%5B%221%22%5D%7D", "named,unnamed")]
    [InlineData("/v1.42/volumes/prune?filters=%7B%22all%22:%7B%22true%22:true%7D,%22label!%22:%7B%22keep%22:true%7D%7D", "unnamed")]
    [InlineData("/v1.41/volumes/prune", "named,unnamed")]
    public async Task A_prune_takes_the_nameless_and_all_when_it_is_asked_to(string path, string gone)
    {
        await using var server = await ApiServer.StartAsync();
        await UseAsync(server, "used");
        await server.PostAsync("/volumes/create", """{"Name":"named","Labels":{"keep":""}}""");
        await server.PostAsync("/volumes/create", """{"Name":"device","DriverOpts":{"type":"tmpfs","device":"tmpfs"}}""");
        await server.PostAsync("/volumes/create", "{}");
        var (_, body) = await server.PostAsync(path, "{}");
        var names = JsonDocument.Parse(body).RootElement.GetProperty("VolumesDeleted").EnumerateArray().Select(v => v.GetString()!);
        Assert.Equal(gone, string.Join(',', names.Select(name => name.Length == 64 ? "unnamed" : name).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Disk_usage_shows_who_has_a_volume_and_how_much_is_in_it()
    {
        await using var server = await ApiServer.StartAsync();
        await UseAsync(server, "used");
        var (_, body) = await server.AskAsync("GET", "/system/df?type=volume");
        var volume = Assert.Single(JsonDocument.Parse(body).RootElement.GetProperty("Volumes").EnumerateArray());
        Assert.Equal("""{"RefCount":1,"Size":0}""", volume.GetProperty("UsageData").GetRawText());
    }

    private static Task UseAsync(ApiServer server, string name) =>
        ((Skein.Agent.Containers.Volumes.VolumeStore)server.Containers.Volumes).TakeAsync("c1", [new Mount { Type = "volume", Source = name, Target = "/v" }], default);
}
