using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Skein.Agent.Images.Content;
using Skein.Model;

namespace Skein.Agent.Images.Registry;

/// <summary>
/// The distribution API (OCI distribution spec 1.1). Manifests and blobs are asked of the mirrors first and then of the
/// image's own registry: every content is named by its digest, so it does not matter which of them answers.
/// </summary>
internal sealed partial class RegistryClient(
    RegistryConfig config,
    Func<bool, HttpMessageHandler> handlerFactory,
    TimeProvider time,
    ILogger<RegistryClient> logger) : IDisposable
{
    // Docker's own bound for a manifest, here for all that is read whole: what is larger is none.
    private const int DocumentSizeMax = 4 << 20;
    private const int Tries = 5;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(60);

    private readonly ILogger _logger = logger;
    private readonly HttpClient _verifying = new(handlerFactory(false)) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly HttpClient _trusting = new(handlerFactory(true)) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly TokenSource _tokens = new(time);

    /// <param name="key">A tag, or a digest which the content is then verified against.</param>
    /// <param name="midway">A pull is under way: a registry that has answered and is gone now, or ails, is asked again for some seconds.</param>
    public Task<FetchedManifest> GetManifestAsync(ImageReference reference, string key, RegistryAuth? auth, bool midway, CancellationToken cancel) =>
        AskEachAsync(reference, (host, token) => GetManifestAsync(host, reference, key, auth, token), midway, cancel);

    /// <summary>A blob that is a document: no larger than it says, or than 4 MiB, and verified.</summary>
    public Task<byte[]> ReadBlobAsync(ImageReference reference, OciDescriptor blob, RegistryAuth? auth, bool midway, CancellationToken cancel) =>
        AskEachAsync(reference, (host, token) => ReadBlobAsync(host, reference, blob, auth, token), midway, cancel);

    /// <summary>A pull's blob from <paramref name="offset"/> on. The stream ends early when the connection breaks: count and verify.</summary>
    public Task<Stream> OpenBlobAsync(ImageReference reference, OciDescriptor blob, long offset, RegistryAuth? auth, CancellationToken cancel) =>
        AskEachAsync(reference, (host, token) => OpenBlobAsync(host, reference, blob, offset, auth, token), midway: true, cancel);

    public void Dispose()
    {
        _verifying.Dispose();
        _trusting.Dispose();
    }

    private async Task<T> AskEachAsync<T>(ImageReference reference, Func<RegistryHost, CancellationToken, Task<T>> ask, bool midway, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var errors = new List<Exception>();
            foreach (var host in RegistryHosts.For(reference.Domain, config))
            {
                if (errors.Count > 0) LogFallback(reference.Domain, reference.Familiar, errors[^1].Message);
                try
                {
                    return await ask(host, cancel);
                }
                catch (RegistryUnreachableException error)
                {
                    errors.Add(error);
                }
                catch (RegistryException error)
                {
                    errors.Add(error);
                    if (!host.IsMirror) break;   // its own registry has spoken
                }
            }
            if (!midway || attempt == Tries || !errors.Any(IsPassing)) throw Translate(reference, errors[^1]);
            await Task.Delay(RetryDelay * attempt, time, cancel);
        }
    }

    private static bool IsPassing(Exception error) => error is RegistryUnreachableException or RegistryException { Status: >= 500 };

    private async Task<FetchedManifest> GetManifestAsync(
        RegistryHost host, ImageReference reference, string key, RegistryAuth? auth, CancellationToken cancel)
    {
        using var response = await SendAsync(host, reference, $"manifests/{key}", request =>
        {
            foreach (var type in MediaTypes.Manifests) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }, auth, cancel);
        var content = await ReadDocumentAsync(response, $"{host.Base}/v2/", DocumentSizeMax, time, cancel);
        var digest = ContentDigest.Of(content);
        if (key.Contains(':') && digest != key)
            throw new RegistryException("DIGEST_INVALID", $"manifest verification failed for digest {key}: got {digest}", 200);
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (!MediaTypes.Manifests.Contains(type)) type = TypeOf(content, reference);
        return new FetchedManifest(digest, type, content);
    }

    private async Task<byte[]> ReadBlobAsync(RegistryHost host, ImageReference reference, OciDescriptor blob, RegistryAuth? auth, CancellationToken cancel)
    {
        using var response = await SendAsync(host, reference, $"blobs/{blob.Digest}", _ => { }, auth, cancel);
        var content = await ReadDocumentAsync(response, $"{host.Base}/v2/", Math.Clamp(blob.Size, 0, DocumentSizeMax), time, cancel);
        if (ContentDigest.Of(content) != blob.Digest)
            throw new RegistryException("DIGEST_INVALID", $"image config verification failed for digest {blob.Digest}", 200);
        return content;
    }

    private async Task<Stream> OpenBlobAsync(
        RegistryHost host, ImageReference reference, OciDescriptor blob, long offset, RegistryAuth? auth, CancellationToken cancel)
    {
        var response = await SendAsync(host, reference, $"blobs/{blob.Digest}", request =>
        {
            if (offset > 0) request.Headers.Range = new RangeHeaderValue(offset, null);
        }, auth, cancel);
        var stream = new AnswerStream(await response.Content.ReadAsStreamAsync(cancel), SilenceMax, time);
        // A registry may ignore the range and send the whole: pass over what is here already.
        if (offset > 0 && response.StatusCode == HttpStatusCode.OK) await SkipAsync(stream, offset, cancel);
        return stream;
    }

    private async Task<HttpResponseMessage> SendAsync(
        RegistryHost host, ImageReference reference, string what, Action<HttpRequestMessage> shape, RegistryAuth? auth, CancellationToken cancel)
    {
        var response = await SendAsync(host, new RegistryAccess(reference.Path), $"{reference.Path}/{what}", shape, host.IsMirror ? null : auth, cancel);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await RefusalAsync(response, time, cancel);
    }

    private Task<HttpResponseMessage> SendAsync(
        RegistryHost host, RegistryAccess access, string path, Action<HttpRequestMessage> shape, RegistryAuth? credentials, CancellationToken cancel)
    {
        var client = ClientOf(host);
        return AuthorizedAsync(client, host, access, credentials, async authorization =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{host.Base}/v2/{path}");
            request.Headers.Authorization = authorization;
            shape(request);
            return await SendOnceAsync(client, request, $"{host.Base}/v2/", time, cancel);
        }, cancel);
    }

    private HttpClient ClientOf(RegistryHost host) => host.Insecure ? _trusting : _verifying;

    /// <summary>The registry's last word, whatever it is.</summary>
    private async Task<HttpResponseMessage> AuthorizedAsync(
        HttpClient client,
        RegistryHost host,
        RegistryAccess access,
        RegistryAuth? credentials,
        Func<AuthenticationHeaderValue?, Task<HttpResponseMessage>> send,
        CancellationToken cancel)
    {
        var response = await send(_tokens.Known(host, access, credentials));
        if (response.StatusCode != HttpStatusCode.Unauthorized) return response;
        if (await _tokens.AnswerAsync(client, response, host, access, credentials, cancel) is not { } authorization) return response;
        response.Dispose();
        return await send(authorization);
    }

    internal static async Task<HttpResponseMessage> SendOnceAsync(
        HttpClient client, HttpRequestMessage request, string shownUrl, TimeProvider time, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(AnswerTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
        }
        // It chooses where its tokens and its blobs are: nowhere that there is, perhaps, or ftp.
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or NotSupportedException or FormatException && !cancel.IsCancellationRequested)
        {
            throw new RegistryUnreachableException(shownUrl, error);
        }
    }

    internal static async Task<RegistryException> RefusalAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        var wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;
        var (code, message) = response.StatusCode switch
        {
            HttpStatusCode.NotFound => ("NOT_FOUND", "404 page not found"),
            HttpStatusCode.Unauthorized => ("UNAUTHORIZED", "authentication required"),
            HttpStatusCode.Forbidden => ("DENIED", "requested access to the resource is denied"),
            HttpStatusCode.TooManyRequests => ("TOOMANYREQUESTS", "too many requests"),
            _ => ("UNKNOWN", $"received unexpected HTTP status: {status} {response.ReasonPhrase}"),
        };
        try
        {
            var body = await ReadDocumentAsync(response, response.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Path) ?? "", DocumentSizeMax, time, cancel);
            if (body.Length > 0 && JsonSerializer.Deserialize(body, ImageJson.Default.RegistryErrors) is { } errors)
            {
                if (errors.Errors is [{ Code.Length: > 0 } first, ..]) return new RegistryException(first.Code, first.Message ?? message, status) { RetryAfter = wait };
                if (errors.Details is { Length: > 0 } details) return new RegistryException(code, details, status) { RetryAfter = wait };
            }
        }
        catch (Exception error) when (error is JsonException or RegistryUnreachableException)
        {
            // Proxies answer in HTML, and what ails may say nothing, or never stop: the status says enough.
        }
        return new RegistryException(code, message, status) { RetryAfter = wait };
    }

    /// <summary>An answer's whole body: a server that falls silent, or sends without end, holds nobody and fills no memory.</summary>
    internal static async Task<byte[]> ReadDocumentAsync(HttpResponseMessage response, string shownUrl, long sizeMax, TimeProvider time, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(AnswerTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            await response.Content.LoadIntoBufferAsync(sizeMax, both.Token);
            return await response.Content.ReadAsByteArrayAsync(cancel);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new RegistryUnreachableException(shownUrl, error);
        }
    }

    private static string TypeOf(byte[] content, ImageReference reference)
    {
        var manifest = ImageJson.ReadManifest(content, reference.Familiar);
        return manifest.MediaType ?? (manifest.IsIndex ? MediaTypes.OciIndex : MediaTypes.OciManifest);
    }

    private static async Task SkipAsync(Stream stream, long count, CancellationToken cancel)
    {
        var buffer = new byte[64 << 10];
        while (count > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancel);
            if (read == 0) throw new EndOfStreamException("the registry sent less than what is here already");
            count -= read;
        }
    }

    private static SkeinException Translate(ImageReference reference, Exception error) => error switch
    {
        RegistryException { Code: "MANIFEST_UNKNOWN" or "NOT_FOUND" } refusal =>
            new SkeinException(ErrorKind.NotFound, $"manifest for {reference.Familiar} not found: {Known(refusal)}", refusal),
        RegistryException { Code: "NAME_UNKNOWN" } refusal =>
            new SkeinException(ErrorKind.NotFound, $"repository {reference.FamiliarName} not found: {refusal.Message}", refusal),
        RegistryException { Code: "DENIED" or "UNAUTHORIZED" } refusal when reference.Domain == ImageReference.DockerHub || refusal.Code == "DENIED" =>
            new SkeinException(ErrorKind.NotFound, $"pull access denied for {reference.FamiliarName}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", refusal),
        RegistryException refusal => new SkeinException(ErrorKind.Internal, refusal.Message, refusal),
        _ => new SkeinException(ErrorKind.Internal, error.Message, error),
    };

    private static string Known(RegistryException refusal) =>
        refusal.Code == "NOT_FOUND" ? "manifest unknown: manifest unknown" : refusal.Message;
}
