using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Skein.Agent.Images.Registry;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

/// <summary>Registries that want a push to go astray.</summary>
public sealed class HostilePushTests : IDisposable
{
    private static readonly OciDescriptor Blob = new() { MediaType = MediaTypes.OciLayerGzip, Digest = "sha256:" + new string('a', 64), Size = 10 };
    private static readonly RegistryAuth Alice = new("alice", "secret", "", "", "registry.example");

    private readonly FakeTimeProvider _time = new();
    private readonly Script _script = new();
    private readonly RegistryClient _registry;
    private readonly PushTarget _target = new(new RegistryHost("https://registry.example", Insecure: false, IsMirror: false), "team/app", Alice);

    public HostilePushTests() => _registry = new(RegistryConfig.Default, _ => _script, _time, NullLogger<RegistryClient>.Instance);

    public void Dispose() => _registry.Dispose();

    [Theory]
    [InlineData("https://elsewhere.example/upload?x=1", "https://elsewhere.example/upload?x=1")]
    [InlineData("https://registry.example:8443/upload", "https://registry.example:8443/upload")]
    [InlineData("//elsewhere.example/upload", "https://elsewhere.example/upload")]
    public async Task A_host_that_the_registry_sends_to_is_shown_no_credentials(string location, string asked)
    {
        _script.Answer = request => request.Method.Method switch
        {
            "POST" when request.Headers.Authorization is null => Challenge(),
            "POST" => Accepted(location),
            "PATCH" => Accepted(location, "0-9"),
            _ => new(HttpStatusCode.Created),
        };
        await Upload().SendAsync(_ => { }, default);

        Assert.Equal(["Basic", null, null], _script.Seen.Skip(1).Select(seen => seen.Authorization?.Scheme));
        Assert.Equal(asked, _script.Seen[2].Url);
        Assert.Equal("0123456789", _script.Seen[2].Body);
    }

    [Fact]
    public async Task The_registry_s_own_host_is_shown_them()
    {
        _script.Answer = request => request.Headers.Authorization is null ? Challenge() : request.Method.Method switch
        {
            "POST" => Accepted("/v2/team/app/blobs/uploads/1?state=x"),
            "PATCH" => Accepted("/v2/team/app/blobs/uploads/2", "0-9"),
            _ => new(HttpStatusCode.Created),
        };
        await Upload().SendAsync(_ => { }, default);
        Assert.Equal(
            ["POST /v2/team/app/blobs/uploads/", "POST /v2/team/app/blobs/uploads/", "PATCH /v2/team/app/blobs/uploads/1?state=x", $"PUT /v2/team/app/blobs/uploads/2?digest={Uri.EscapeDataString(Blob.Digest)}"],
            _script.Seen.Select(seen => $"{seen.Method} {new Uri(seen.Url).PathAndQuery}"));
    }

    [Fact]
    public async Task An_upload_that_begins_where_a_blob_was_not_taken_over_is_gone_on_with()
    {
        var begun = 0;
        _script.Answer = request => request.Headers.Authorization is null ? Challenge() : request.Method.Method switch
        {
            "POST" => Accepted($"/upload/{++begun}"),
            "PATCH" => Accepted("/upload/sent", "0-9"),
            "DELETE" => new(HttpStatusCode.NoContent),
            _ => new(HttpStatusCode.Created),
        };
        var upload = Upload();
        Assert.Null(await upload.TryMountAsync(["team/one", "team/two"], default));
        await upload.SendAsync(_ => { }, default);
        Assert.Equal(
            ["DELETE /upload/1", "PATCH /upload/2", "PUT /upload/sent"],
            _script.Seen.Where(seen => seen.Authorization is not null && seen.Method != "POST").Select(seen => $"{seen.Method} {new Uri(seen.Url).AbsolutePath}"));
        Assert.Equal(2, begun);
    }

    [Theory]
    [InlineData("http://registry.example/upload", "unknown: the registry wants the blob sent without TLS")]
    [InlineData("file:///etc/shadow", "unknown: the registry's Location is no address to send a blob to")]
    [InlineData("http://[", "unknown: the registry's Location is no address to send a blob to")]
    public async Task A_blob_is_sent_to_no_such_place(string location, string words)
    {
        _script.Answer = request => Accepted(location);
        Assert.Equal(words, (await Assert.ThrowsAsync<RegistryException>(() => Upload().SendAsync(_ => { }, default))).Message);
        Assert.Single(_script.Seen);
    }

    [Theory]
    [InlineData("0-10")]
    [InlineData("0-9223372036854775807")]
    [InlineData("5-9")]
    [InlineData("-1")]
    [InlineData("0-99999999999999999999")]
    public async Task A_range_that_cannot_be_is_believed_by_nobody(string range)
    {
        _script.Answer = request => request.Method == HttpMethod.Post ? Accepted("/upload") : Accepted("/upload", range);
        var upload = Upload();
        var error = await Assert.ThrowsAsync<RegistryException>(() => upload.SendAsync(_ => { }, default));
        Assert.Equal(("RANGE_INVALID", true), (error.Code, upload.MayPass(error)));
        Assert.Equal(["POST", "PATCH"], _script.Seen.Select(seen => seen.Method));
    }

    [Fact]
    public async Task An_upload_that_broke_goes_on_where_the_registry_says()
    {
        var broken = false;
        _script.Answer = request => request.Method.Method switch
        {
            "POST" => Accepted("/upload"),
            "PATCH" when !broken => Break(),
            "GET" => new(HttpStatusCode.NoContent) { Headers = { { "Range", "0-3" }, { "Location", "/upload/again" } } },
            "PATCH" => Accepted("/upload", "0-9"),
            _ => new(HttpStatusCode.Created),
        };
        HttpResponseMessage Break()
        {
            broken = true;
            throw new HttpRequestException("reset", new IOException("reset"));
        }
        var upload = Upload();
        var error = await Assert.ThrowsAsync<RegistryUnreachableException>(() => upload.SendAsync(_ => { }, default));
        Assert.True(upload.MayPass(error));
        await upload.SendAsync(_ => { }, default);

        Assert.Equal(["POST", "PATCH", "GET", "PATCH", "PUT"], _script.Seen.Select(seen => seen.Method));
        Assert.Equal(("https://registry.example/upload/again", "456789", "4-9"), (_script.Seen[3].Url, _script.Seen[3].Body, _script.Seen[3].Range));
    }

    [Fact]
    public async Task A_larger_blob_goes_in_parts()
    {
        var end = 0;
        _script.Answer = request => request.Method.Method switch
        {
            "POST" => Accepted("/upload"),
            "PATCH" => Accepted("/upload", $"0-{(end += (int)request.Content!.Headers.ContentLength!.Value) - 1}"),
            _ => new(HttpStatusCode.Created),
        };
        await Upload(partSize: 4).SendAsync(_ => { }, default);
        Assert.Equal(["0-3 0123", "4-7 4567", "8-9 89"], _script.Seen.Where(seen => seen.Method == "PATCH").Select(seen => $"{seen.Range} {seen.Body}"));
    }

    [Fact]
    public async Task A_connection_that_takes_nothing_is_given_up()
    {
        _script.Answer = request => request.Method == HttpMethod.Post ? Accepted("/upload") : throw new InvalidOperationException();
        _script.Hangs = true;
        var sending = Upload().SendAsync(_ => { }, default);
        await Poll.UntilAsync("the part's end", () =>
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            return sending.IsCompleted;
        });
        await Assert.ThrowsAsync<RegistryUnreachableException>(() => sending);
    }

    [Fact]
    public void An_error_s_words_have_an_end_and_no_escapes()
    {
        var error = new RegistryException("DENIED", "\u001b]0;owned\u0007\r\n" + new string('x', 4000), 403);
        Assert.StartsWith("denied:  ]0;owned   xxx", error.Message);
        Assert.InRange(error.Message.Length, 1000, 1100);
    }

    private BlobUpload Upload(long partSize = 1 << 20) => new(_registry, _target, Blob, ReadAsync, partSize);

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(long offset, long count, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield();
        yield return "0123456789"u8.ToArray().AsMemory((int)offset, (int)count);
    }

    private static HttpResponseMessage Accepted(string location, string range = "0-0")
    {
        var answer = new HttpResponseMessage(HttpStatusCode.Accepted);
        answer.Headers.TryAddWithoutValidation("Location", location);
        answer.Headers.TryAddWithoutValidation("Range", range);
        return answer;
    }

    private static HttpResponseMessage Challenge() => new(HttpStatusCode.Unauthorized) { Headers = { WwwAuthenticate = { new AuthenticationHeaderValue("Basic", "realm=\"x\"") } } };

    private sealed record Request(string Method, string Url, AuthenticationHeaderValue? Authorization, string? Range, string Body);

    private sealed class Script : HttpMessageHandler
    {
        public Func<HttpRequestMessage, HttpResponseMessage> Answer { get; set; } = null!;

        /// <summary>A part, on its way.</summary>
        public bool Hangs { get; set; }

        public List<Request> Seen { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            var range = request.Content?.Headers.NonValidated.TryGetValues("Content-Range", out var given) == true ? given.ToString() : null;
            Seen.Add(new(request.Method.Method, request.RequestUri!.AbsoluteUri, request.Headers.Authorization, range, body));
            if (Hangs && request.Method == HttpMethod.Patch) await Task.Delay(Timeout.Infinite, cancellationToken);
            var answer = Answer(request);
            answer.RequestMessage = request;
            return answer;
        }
    }
}
