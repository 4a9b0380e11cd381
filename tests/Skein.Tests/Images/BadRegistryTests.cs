using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Containerd.ImagesApi;
using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Skein.Agent.Images.Registry;
using Skein.Agent.Streams;
using Skein.Model;
using Skein.Tests.Containers;
using Xunit;

namespace Skein.Tests.Images;

/// <summary>Registries that send without end, fall silent in the midst of an error, or go away during a pull.</summary>
public sealed class BadRegistryTests : IDisposable
{
    private static readonly ImageReference App = ImageReference.Parse("registry.example/app");
    private static readonly byte[] Document = "{}"u8.ToArray();
    private static readonly OciDescriptor Config = new() { Digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Document)), Size = Document.Length };

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedRegistry _script = new();
    private readonly RegistryClient _registry;

    public BadRegistryTests() => _registry = new(RegistryConfig.Default, _ => _script, _time, NullLogger<RegistryClient>.Instance);

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task A_document_is_read_no_further_than_it_says_it_is_long()
    {
        var endless = new Endless();
        _script.Answer = _ => Of(HttpStatusCode.OK, endless);
        await Assert.ThrowsAsync<SkeinException>(() => ReadAsync(midway: false));
        Assert.InRange(endless.Sent, 1, 1 << 20);
    }

    [Fact]
    public async Task A_document_is_what_its_digest_says()
    {
        _script.Answer = _ => Of(HttpStatusCode.OK, new MemoryStream("[]"u8.ToArray()));
        var error = await Assert.ThrowsAsync<SkeinException>(() => ReadAsync(midway: false));
        Assert.EndsWith($"image config verification failed for digest {Config.Digest}", error.Message);
    }

    [Theory]
    [InlineData("ftp://elsewhere.example/token", "Get \"ftp://elsewhere.example/token\": The 'ftp' scheme is not supported.")]
    [InlineData("https://registry.example/token", "unknown: unable to decode token response: New-line or NUL characters are not allowed in header values.")]
    public async Task Nonsense_about_tokens_is_the_registry_s_error(string realm, string expected)
    {
        _script.Answer = request =>
        {
            if (request.RequestUri!.Scheme == "ftp") throw new NotSupportedException("The 'ftp' scheme is not supported.");
            if (request.RequestUri.AbsolutePath == "/token") return Of(HttpStatusCode.OK, new MemoryStream("{\"token\":\"t\\r\\nX-Evil: 1\"}"u8.ToArray()));
            var refusal = Of(HttpStatusCode.Unauthorized, new MemoryStream());
            refusal.Headers.TryAddWithoutValidation("WWW-Authenticate", $"Bearer realm=\"{realm}\"");
            return refusal;
        };
        Assert.Equal(expected, (await Assert.ThrowsAsync<SkeinException>(() => ReadAsync(midway: false))).Message);
    }

    [Fact]
    public async Task An_error_without_end_is_told_by_its_status()
    {
        _script.Answer = _ => Of(HttpStatusCode.BadGateway, new Endless());
        var error = await Assert.ThrowsAsync<SkeinException>(() => ReadAsync(midway: false));
        Assert.Equal("unknown: received unexpected HTTP status: 502 Bad Gateway", error.Message);
    }

    [Fact]
    public async Task An_error_that_never_comes_to_its_end_is_told_by_its_status()
    {
        _script.Answer = _ => Of(HttpStatusCode.InternalServerError, new Silence());
        var error = await FailureAsync(ReadAsync(midway: false));
        Assert.Equal("unknown: received unexpected HTTP status: 500 Internal Server Error", error.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_does_not_come_or_has_no_end_is_no_token(bool silent)
    {
        _script.Answer = request =>
        {
            if (request.RequestUri!.Host == "auth.example") return Of(HttpStatusCode.OK, silent ? new Silence() : new Endless());
            var challenge = Of(HttpStatusCode.Unauthorized, new MemoryStream());
            challenge.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue("Bearer", "realm=\"https://auth.example/token\""));
            return challenge;
        };
        var error = await FailureAsync(ReadAsync(midway: false));
        Assert.StartsWith("Get \"https://auth.example/token\": ", error.Message);
    }

    [Fact]
    public async Task A_registry_that_restarts_during_a_pull_is_waited_for()
    {
        var asked = 0;
        _script.Answer = _ => ++asked switch
        {
            1 => throw new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused)),
            2 => Of(HttpStatusCode.ServiceUnavailable, new MemoryStream()),
            _ => Of(HttpStatusCode.OK, new MemoryStream(Document)),
        };
        var read = ReadAsync(midway: true);
        await PassAsync(read);
        Assert.Equal(Document, await read);
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData(null, 5, "Get \"https://registry.example/v2/\": dial tcp registry.example: connect: connection refused")]
    [InlineData(HttpStatusCode.ServiceUnavailable, 5, "unknown: received unexpected HTTP status: 503 Service Unavailable")]
    [InlineData(HttpStatusCode.NotFound, 1, "manifest for registry.example/app:latest not found: manifest unknown: manifest unknown")]
    [InlineData(HttpStatusCode.TooManyRequests, 1, "toomanyrequests: too many requests")]
    public async Task What_will_not_pass_is_not_waited_for_and_nothing_for_ever(HttpStatusCode? status, int tries, string words)
    {
        var asked = 0;
        _script.Answer = _ =>
        {
            asked++;
            return status is { } code
                ? Of(code, new MemoryStream())
                : throw new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused));
        };
        Assert.Equal(words, (await FailureAsync(ReadAsync(midway: true))).Message);
        Assert.Equal(tries, asked);
        Assert.Equal(words, (await FailureAsync(ReadAsync(midway: false))).Message);
        Assert.Equal(tries + 1, asked);
    }

    private Task<byte[]> ReadAsync(bool midway) => _registry.ReadBlobAsync(App, Config, null, midway, default);

    private async Task<SkeinException> FailureAsync(Task reading)
    {
        await PassAsync(reading);
        return await Assert.ThrowsAsync<SkeinException>(() => reading);
    }

    /// <summary>Time goes on until it has ended.</summary>
    private Task PassAsync(Task reading) => Poll.UntilAsync("the registry's answer", () =>
    {
        if (!reading.IsCompleted) _time.Advance(TimeSpan.FromSeconds(1));
        return reading.IsCompleted;
    });

    [Fact]
    public async Task Pages_of_what_is_no_tag_have_an_end()
    {
        var asked = 0;
        _script.Answer = _ =>
        {
            asked++;
            var page = Of(HttpStatusCode.OK, new MemoryStream("""{"tags":["-","a b"]}"""u8.ToArray()));
            page.Headers.TryAddWithoutValidation("Link", "</v2/app/tags/list?last=b>; rel=\"next\"");
            return page;
        };
        var error = await Assert.ThrowsAsync<SkeinException>(() => _registry.ListTagsAsync(App, null, 100, Poll.Soon));
        Assert.EndsWith("has more than 100 tags", error.Message);
        Assert.Equal(51, asked);
    }

    [Theory]
    [InlineData("""{"manifests":[]}""", "an index in an index, which is no image")]
    [InlineData("""{"config":{"digest":null},"layers":[]}""", "invalid checksum digest format")]
    [InlineData("""{"config":{"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"layers":[{"digest":"sha256:../../../x"}]}""", "invalid checksum digest format")]
    public async Task What_is_no_image_is_said_so_before_anything_is_fetched_for_it(string child, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("skein-bad-").FullName;
        try
        {
            await using var containerd = await ScriptedContainerd.StartAsync(Path.Combine(folder, "containerd.sock"));
            containerd.On("Images/List", () => new ListImagesResponse());
            using var store = new ImageStore(containerd.Client, RegistryConfig.Default, Path.Combine(folder, "tmp"), TimeProvider.System, NullLoggerFactory.Instance, _ => _script);
            var bytes = Encoding.UTF8.GetBytes(child);
            var index = Encoding.UTF8.GetBytes($$"""{"manifests":[{"digest":"{{ContentDigest.Of(bytes)}}"}]}""");
            _script.Answer = request => Of(HttpStatusCode.OK, new MemoryStream(request.RequestUri!.AbsolutePath.Contains("/manifests/sha256:", StringComparison.Ordinal) ? bytes : index));
            var error = await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync(App.Normalized, null, null, Poll.Soon));
            Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
            Assert.EndsWith(expected, error.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static HttpResponseMessage Of(HttpStatusCode status, Stream body) => new(status) { Content = new StreamContent(body) };

    private sealed class ScriptedRegistry : HttpMessageHandler
    {
        public Func<HttpRequestMessage, HttpResponseMessage> Answer { get; set; } = null!;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = Answer(request);
            answer.RequestMessage = request;
            return Task.FromResult(answer);
        }
    }

    private sealed class Endless : ReadOnlyStream
    {
        // A test's own end, so that one that fails does not take the machine's memory.
        private const long FarTooMuch = 64 << 20;

        public long Sent { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Sent > FarTooMuch) return new(0);
            Sent += buffer.Length;
            return new(buffer.Length);
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
    }

    private sealed class Silence : ReadOnlyStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
    }
}
