using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Skein.Api.Builds;
using Skein.Api.Builds.Protocol;
using Xunit;
using Blobs = Skein.Api.Builds.Protocol.Content;
using FrontendRequest = Skein.Api.Builds.Protocol.Frontend.SolveRequest;

namespace Skein.Tests.Api.Builds;

/// <summary>docker build through the API's socket, with a BuildKit whose builds a test makes up.</summary>
public class BuildStreamsTests
{
    private const string Within = "/moby.buildkit.v1.frontend.LLBBridge/Solve";
    private const string Content = "/containerd.services.content.v1.Content/";
    private static readonly string s_manifest = "sha256:" + new string('c', 64);

    private const string Files = "/moby.filesync.v1.FileSync/DiffCopy";

    [Fact]
    public async Task BuildKit_asks_the_client_and_the_host_takes_the_image()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        await client.ServeAsync("s1", EchoMetadataAsync, Files, "/grpc.health.v1.Health/Check");
        var archive = new byte[5_000_000];
        new Random(1).NextBytes(archive);
        buildKit.Build = async (_, asked) =>
        {
            var files = await FakeBuildKit.AskAsync(asked, Files, [], ("include-patterns", ["*.cs", "*.md"]));
            var sent = await FakeBuildKit.AskAsync(asked, SessionCalls.SendFile, Pieces(archive), ("buildkit-attachable-exporter-id", ["0"]));
            return new() { ExporterResponse = { ["asked"] = BytesMessage.Parser.ParseFrom(files.Message).Data.ToStringUtf8(), ["sent"] = sent.Status } };
        };

        var answer = await client.Connect().SolveAsync(new() { Exporter = "moby", Session = "s1" }, cancellationToken: Poll.Soon);

        Assert.Equal("*.cs|*.md", answer.ExporterResponse["asked"]);
        Assert.Equal("0", answer.ExporterResponse["sent"]);
        Assert.Equal("oci", buildKit.Solved!.Exporter);
        Assert.Equal(archive, server.Images.Loaded);
        Assert.Equal([Files, "/grpc.health.v1.Health/Check", SessionCalls.SendFile], buildKit.Methods);
    }

    [Fact]
    public async Task A_file_that_the_client_asked_for_is_the_clients()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        var got = new MemoryStream();
        await client.ServeAsync("s1", async call =>
        {
            await new SentFile(call.Request.Body).CopyToAsync(got);
            GrpcAnswer.End(call, StatusCode.OK);
        }, SessionCalls.SendFile);
        buildKit.Build = async (_, asked) =>
        {
            await FakeBuildKit.AskAsync(asked, SessionCalls.SendFile, Pieces([1, 2, 3]));
            return new();
        };
        await client.Connect().SolveAsync(new() { Exporter = "tar", Session = "s1" }, cancellationToken: Poll.Soon);
        Assert.Equal([1, 2, 3], got.ToArray());
        Assert.Null(server.Images.Loaded);
    }

    [Fact]
    public async Task A_build_begins_with_an_image_of_this_host()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        await client.ServeAsync("s1", EchoMetadataAsync);
        var manifest = new byte[5000];
        new Random(1).NextBytes(manifest);
        server.Images.Named.Add(new("app:v1", new("linux", "amd64", ""), s_manifest));
        server.Images.Content[s_manifest] = manifest;
        var (size, read, status) = (0L, Array.Empty<byte>(), new List<string>());
        buildKit.Build = async (_, asked) =>
        {
            (string, string[])[] store = [("buildkit-attachable-store-id", ["oci:skein"])];
            var info = await FakeBuildKit.AskAsync(asked, Content + "Info", GrpcMessages.Frame(new Blobs.InfoRequest { Digest = s_manifest }), store);
            size = Blobs.InfoResponse.Parser.ParseFrom(info.Message).Info.Size;
            var part = await FakeBuildKit.AskAsync(asked, Content + "Read", GrpcMessages.Frame(new Blobs.ReadContentRequest { Digest = s_manifest, Offset = 4500, Size = 300 }), store);
            read = Blobs.ReadContentResponse.Parser.ParseFrom(part.Message).Data.ToByteArray();
            status.Add((await FakeBuildKit.AskAsync(asked, Content + "Info", GrpcMessages.Frame(new Blobs.InfoRequest { Digest = "sha256:none" }), store)).Status);
            status.Add((await FakeBuildKit.AskAsync(asked, Content + "Delete", [], store)).Status);
            // What the client has of its own is the client's.
            var own = await FakeBuildKit.AskAsync(asked, Content + "Info", [], ("buildkit-attachable-store-id", ["oci:own"]), ("include-patterns", ["x"]));
            status.Add(BytesMessage.Parser.ParseFrom(own.Message).Data.ToStringUtf8());
            return new();
        };

        await client.Connect().SolveAsync(new() { Frontend = "dockerfile.v0", Session = "s1" }, cancellationToken: Poll.Soon);

        Assert.Equal($"oci-layout://skein@{s_manifest}", buildKit.Solved!.FrontendAttrs["context:app:v1::linux/amd64"]);
        Assert.Equal((5000, 300), (size, read.Length));
        Assert.Equal(manifest[4500..4800], read);
        Assert.Equal(["5", "12", "x"], status);
    }

    [Theory]
    [InlineData("v0.11.0", "dockerfile.v0", true)]
    [InlineData(null, "dockerfile.v0", false)]
    [InlineData("v0.12.0-rc1", "gateway.v0", true)]
    [InlineData("4c0ab2d.m", "gateway.v0", true)]
    [InlineData("0.0.0+unknown", "dockerfile.v0", true)]
    [InlineData("v0.11.0", "", false)]
    public async Task What_is_here_is_told_within_a_build_too_where_BuildKit_can_read_it(string? version, string frontend, bool isTold)
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        server.Images.Named.Add(new("app:v1", new("linux", "arm", "v7"), s_manifest));
        buildKit.Version = version;

        await FakeBuildKit.AskAsync(client.ConnectForCalls(), Within, GrpcMessages.Frame(new FrontendRequest { Frontend = frontend, FrontendOpt = { ["target"] = "a" } }));

        Assert.Equal(isTold ? ["context:app:v1::linux/arm/v7", "target"] : ["target"], buildKit.SolvedWithin!.FrontendOpt.Keys.Order(StringComparer.Ordinal));
    }

    // The web server gives a call's pipe to the next of the connection.
    [Fact]
    public async Task A_call_that_is_answered_before_its_end_leaves_the_next_alone()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        await client.ServeAsync("s1", EchoMetadataAsync);
        server.Images.Content[s_manifest] = new byte[5];
        var states = new List<string>();
        buildKit.Build = async (_, asked) =>
        {
            for (var i = 0; i < 30; i++)
            {
                await FakeBuildKit.AskOpenAsync(asked, Files);
                states.Add((await FakeBuildKit.AskAsync(asked, Content + "Info", GrpcMessages.Frame(new Blobs.InfoRequest { Digest = s_manifest }), ("buildkit-attachable-store-id", ["oci:skein"]))).Status);
            }
            return new();
        };
        await client.Connect().SolveAsync(new() { Session = "s1" }, cancellationToken: Poll.Soon);
        Assert.All(states, status => Assert.Equal("0", status));
    }

    [Fact]
    public async Task Nothing_is_told_within_a_build_whose_provenance_would_tell_it()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        await client.ServeAsync("s1", EchoMetadataAsync);
        server.Images.Named.Add(new("app:v1", new("linux", "amd64", ""), s_manifest));
        var (http, told) = (client.ConnectForCalls(), new List<int>());
        buildKit.Build = async (_, _) =>
        {
            foreach (var build in (string[])["b1", "b2"])
            {
                await FakeBuildKit.AskAsync(http, Within, GrpcMessages.Frame(new FrontendRequest { Frontend = "dockerfile.v0" }), ("buildkit-controlapi-buildid", [build]));
                told.Add(buildKit.SolvedWithin!.FrontendOpt.Count);
            }
            return new();
        };
        var solve = new SolveRequest { Ref = "b1", Session = "s1", Exporter = "image", FrontendAttrs = { ["attest:provenance"] = "mode=min,inline-only=true" } };

        Assert.Equal("0", (await FakeBuildKit.AskAsync(http, "/moby.buildkit.v1.Control/Solve", GrpcMessages.Frame(solve))).Status);

        Assert.Equal([0, 1], told);
    }

    [Fact]
    public async Task An_image_that_cannot_be_taken_fails_the_build_in_words()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        await client.ServeAsync("s1", EchoMetadataAsync);
        server.Images.LoadError = new Skein.Model.SkeinException(Skein.Model.ErrorKind.Internal, "no space left on device");
        var said = "";
        buildKit.Build = async (_, asked) =>
        {
            var (_, status, words) = await FakeBuildKit.AskAsync(asked, SessionCalls.SendFile, Pieces([1]));
            said = $"{status}: {words}";
            return new();
        };
        await client.Connect().SolveAsync(new() { Exporter = "moby", Session = "s1" }, cancellationToken: Poll.Soon);
        Assert.Equal("13: no space left on device", said);
    }

    [Fact]
    public async Task What_BuildKit_refuses_is_refused_in_its_words()
    {
        await using var server = await ApiServer.StartAsync();
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        buildKit.Version = null;
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.Connect().InfoAsync(new(), cancellationToken: Poll.Soon));
        Assert.Equal((StatusCode.Unimplemented, "unknown method"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Without_BuildKit_a_build_says_what_to_install()
    {
        await using var server = await ApiServer.StartAsync();
        await using var client = new BuildingClient(server);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.Connect().SolveAsync(new(), cancellationToken: Poll.Soon));
        Assert.Equal(
            $"docker build is not supported: this host has no BuildKit to build with: install and start buildkitd, which is looked for at unix://{server.BuildKitSocket} (\"buildkit\" in daemon.json names another place)",
            error.Status.Detail);
        Assert.Contains("Builder-Version: 1\r\n", await server.SayAsync("GET /_ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        var (status, body) = await server.PostAsync("/build", "");
        Assert.Equal(501, status);
        Assert.Contains("install the client's plugin buildx", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_BuildKit_that_ends_ends_the_build_and_the_session()
    {
        await using var server = await ApiServer.StartAsync();
        var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        await using var client = new BuildingClient(server);
        await client.ServeAsync("s1", EchoMetadataAsync);
        var began = new TaskCompletionSource();
        buildKit.Build = async (_, _) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.Infinite, Poll.Soon);
            return new();
        };
        var building = client.Connect().SolveAsync(new() { Session = "s1" }, cancellationToken: Poll.Soon).ResponseAsync;
        await began.Task.WaitAsync(Poll.Soon);
        await buildKit.DisposeAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => building);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.StartsWith($"BuildKit at unix://{server.BuildKitSocket}: ", error.Status.Detail, StringComparison.Ordinal);
        await client.Ended.WaitAsync(Poll.Soon);
    }

    [Fact]
    public async Task What_is_cached_is_pruned_by_BuildKit()
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal((200, """{"CachesDeleted":[],"SpaceReclaimed":0}"""), await server.PostAsync("/build/prune", ""));
        await using var buildKit = await FakeBuildKit.StartAsync(server.BuildKitSocket);
        Assert.Equal((200, """{"CachesDeleted":["c1","c2"],"SpaceReclaimed":12}"""), await server.PostAsync("/build/prune?all=1", ""));
        Assert.Equal((200, """{"CachesDeleted":[],"SpaceReclaimed":0}"""), await server.PostAsync("/build/prune?filters=%7B%22label%22%3A%5B%22a%22%5D%7D", ""));
        Assert.Equal((400, """{"message":"filters expect only one value"}"""), await server.PostAsync("/build/prune?filters=%7B%22id%22%3A%5B%22a%22%2C%22b%22%5D%7D", ""));
        Assert.Contains("Builder-Version: 2\r\n", await server.SayAsync("GET /_ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    private static async Task EchoMetadataAsync(HttpContext call)
    {
        call.Response.ContentType = GrpcAnswer.ContentType;
        var values = string.Join('|', call.Request.Headers["include-patterns"].ToArray());
        await call.Response.Body.WriteAsync(GrpcMessages.Frame(new BytesMessage { Data = ByteString.CopyFromUtf8(values) }));
        GrpcAnswer.End(call, StatusCode.OK);
    }

    private static byte[] Pieces(byte[] file) =>
        [.. file.Chunk(3 << 20).SelectMany(piece => GrpcMessages.Frame(new BytesMessage { Data = ByteString.CopyFrom(piece) }))];
}
