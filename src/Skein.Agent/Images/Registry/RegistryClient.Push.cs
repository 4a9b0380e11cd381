using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Skein.Agent.Images.Content;
using Skein.Model;

namespace Skein.Agent.Images.Registry;

/// <summary>
/// The writing half: a blob goes up as POST, PATCH for each part, PUT; each of the registry's answers says where the next
/// goes. That may be any host, and only its own is shown the user's credentials.
/// </summary>
internal sealed partial class RegistryClient
{
    // A registry that keeps blobs elsewhere copies the whole of one before it answers.
    private static readonly TimeSpan CommitTimeout = TimeSpan.FromMinutes(5);

    /// <summary>The first of a registry's own addresses that answers, whatever it says.</summary>
    public async Task<RegistryHost> ReachAsync(string domain, CancellationToken cancel)
    {
        RegistryUnreachableException? last = null;
        foreach (var host in RegistryHosts.For(domain, config).Where(host => !host.IsMirror))
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{host.Base}/v2/");
                using var answer = await SendOnceAsync(ClientOf(host), request, $"{host.Base}/v2/", time, cancel);
                return host;
            }
            catch (RegistryUnreachableException error)
            {
                last = error;
            }
        }
        throw new SkeinException(ErrorKind.Internal, last!.Message, last);
    }

    /// <param name="what">blobs/DIGEST or manifests/DIGEST</param>
    public async Task<bool> HasAsync(PushTarget target, string what, CancellationToken cancel)
    {
        using var answer = await SendAsync(target, $"{target.Repository}/{what}", request =>
        {
            request.Method = HttpMethod.Head;
            foreach (var type in MediaTypes.Manifests) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }, "", cancel);
        if (answer.IsSuccessStatusCode) return true;
        return answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
            ? throw await RefusalAsync(answer, time, cancel)
            : false;
    }

    /// <param name="key">A tag, or its digest.</param>
    public async Task PutManifestAsync(PushTarget target, string key, string mediaType, byte[] content, CancellationToken cancel)
    {
        using var answer = await SendAsync(target, $"{target.Repository}/manifests/{key}", request =>
        {
            request.Method = HttpMethod.Put;
            request.Content = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
        }, "", cancel);
        if (!answer.IsSuccessStatusCode) throw await RefusalAsync(answer, time, cancel);
    }

    /// <summary>Where the blob is to be sent; null when the registry has taken it over from another of its repositories.</summary>
    /// <param name="mountedFrom">That repository; empty to send it.</param>
    public async Task<UploadPlace?> BeginUploadAsync(PushTarget target, string digest, string mountedFrom, CancellationToken cancel)
    {
        var mount = mountedFrom.Length > 0 ? $"?mount={Uri.EscapeDataString(digest)}&from={Uri.EscapeDataString(mountedFrom)}" : "";
        using var answer = await SendAsync(target, $"{target.Repository}/blobs/uploads/{mount}", request =>
        {
            request.Method = HttpMethod.Post;
            request.Content = new ByteArrayContent([]);
        }, mountedFrom, cancel);
        if (answer.StatusCode == HttpStatusCode.Created && mountedFrom.Length > 0) return null;
        return answer.StatusCode == HttpStatusCode.Accepted ? PlaceIn(answer, target, 0) : throw await RefusalAsync(answer, time, cancel);
    }

    /// <summary>Nothing more comes for it. A registry that refuses to hear so clears it away by itself, some day.</summary>
    public async Task DropUploadAsync(PushTarget target, UploadPlace place, CancellationToken cancel)
    {
        using var answer = await SendToAsync(target, place, HttpMethod.Delete, null, cancel);
    }

    /// <summary>One part; the answer says how far the registry has it.</summary>
    /// <param name="read">The blob from an offset on, so many bytes.</param>
    /// <param name="sent">Told how many of the blob's bytes are on their way.</param>
    public async Task<UploadPlace> SendPartAsync(
        PushTarget target, UploadPlace place, BlobRange range, Func<long, long, CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> read, Action<long> sent, CancellationToken cancel)
    {
        using var answer = await SendToAsync(target, place, HttpMethod.Patch, () => new BlobPart(read, range, sent), cancel);
        if (answer.StatusCode != HttpStatusCode.Accepted) throw await RefusalAsync(answer, time, cancel);
        var next = PlaceIn(answer, target, range.End);
        return next.Offset > range.Offset && next.Offset <= range.End ? next : throw BadRange(answer);
    }

    /// <summary>How far the registry has what was sent; null when it cannot be gone on with.</summary>
    public async Task<UploadPlace?> AskProgressAsync(PushTarget target, UploadPlace place, CancellationToken cancel)
    {
        using var answer = await SendToAsync(target, place, HttpMethod.Get, null, cancel);
        // "0-0" is said of one byte and of none.
        return answer.IsSuccessStatusCode && PlaceIn(answer, target, 0) is { Offset: > 1 } known ? known : null;
    }

    public async Task FinishUploadAsync(PushTarget target, UploadPlace place, string digest, CancellationToken cancel)
    {
        var url = place.Url.AbsoluteUri;
        var whole = new Uri($"{url}{(place.Url.Query.Length > 0 ? '&' : '?')}digest={Uri.EscapeDataString(digest)}");
        using var answer = await SendToAsync(target, place with { Url = whole }, HttpMethod.Put, null, cancel);
        if (!answer.IsSuccessStatusCode) throw await RefusalAsync(answer, time, cancel);
    }

    private Task<HttpResponseMessage> SendAsync(PushTarget target, string path, Action<HttpRequestMessage> shape, string mountedFrom, CancellationToken cancel) =>
        SendAsync(target.Host, new RegistryAccess(target.Repository, Push: true, mountedFrom), path, shape, target.Auth, cancel);

    private Task<HttpResponseMessage> SendToAsync(
        PushTarget target, UploadPlace place, HttpMethod method, Func<BlobPart>? partOf, CancellationToken cancel)
    {
        // Of another host nothing is known, not even that its certificate may be anybody's.
        var client = place.IsOwn ? ClientOf(target.Host) : _verifying;
        return place.IsOwn
            ? AuthorizedAsync(client, target.Host, new RegistryAccess(target.Repository, Push: true), target.Auth, TrySendAsync, cancel)
            : TrySendAsync(null);

        async Task<HttpResponseMessage> TrySendAsync(AuthenticationHeaderValue? authorization)
        {
            var part = partOf?.Invoke();
            using var request = new HttpRequestMessage(method, place.Url);
            request.Headers.Authorization = authorization;
            if (method != HttpMethod.Get) request.Content = part is null ? new ByteArrayContent([]) : part;
            using var silence = new CancellationTokenSource(part is null ? CommitTimeout : SilenceMax, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, silence.Token);
            if (part is not null) part.Moved = whole => silence.CancelAfter(whole ? CommitTimeout : SilenceMax);
            try
            {
                return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            }
            catch (Exception) when (part?.Unreadable is { } unreadable)
            {
                throw new SkeinException(ErrorKind.Internal, unreadable.Message, unreadable);
            }
            catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or NotSupportedException && !cancel.IsCancellationRequested)
            {
                throw new RegistryUnreachableException(place.Url.GetLeftPart(UriPartial.Path), error, $"{method.Method[0]}{method.Method[1..].ToLowerInvariant()}");
            }
        }
    }

    /// <param name="assumed">How far it has come, where the registry does not say.</param>
    private static UploadPlace PlaceIn(HttpResponseMessage answer, PushTarget target, long assumed)
    {
        var asked = answer.RequestMessage!.RequestUri!;
        var text = answer.Headers.NonValidated.TryGetValues("Location", out var given) ? given.ToString() : asked.AbsoluteUri;
        if (!Uri.TryCreate(asked, text, out var url) || url.Scheme is not ("http" or "https"))
            throw new RegistryException("UNKNOWN", "the registry's Location is no address to send a blob to", (int)answer.StatusCode);
        if (url.Scheme == "http" && target.Host.Base.StartsWith("https:", StringComparison.Ordinal))
            throw new RegistryException("UNKNOWN", "the registry wants the blob sent without TLS", (int)answer.StatusCode);
        var own = Uri.Compare(url, new Uri(target.Host.Base), UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        if (!answer.Headers.NonValidated.TryGetValues("Range", out var range)) return new UploadPlace(url, own, assumed);
        return RangePattern().Match(range.ToString()) is { Success: true } match && long.TryParse(match.Groups[1].ValueSpan, out var end) && end < long.MaxValue
            ? new UploadPlace(url, own, answer.StatusCode == HttpStatusCode.Accepted && assumed == 0 ? 0 : end + 1)
            : throw BadRange(answer);
    }

    private static RegistryException BadRange(HttpResponseMessage answer) =>
        new("RANGE_INVALID", $"the registry says that it has {(answer.Headers.NonValidated.TryGetValues("Range", out var range) ? range.ToString() : "nothing")}", (int)answer.StatusCode);

    [GeneratedRegex(@"^(?:bytes=)?0-([0-9]{1,19})\z")]
    private static partial Regex RangePattern();
}
