using System.Collections.Concurrent;
using System.Net;

namespace Skein.HostTests.Images;

/// <summary>The real transport; notes what is asked, and lets a test spoil an answer.</summary>
internal sealed class WatchedTransport : DelegatingHandler
{
    public WatchedTransport()
        : base(new SocketsHttpHandler())
    {
    }

    public ConcurrentQueue<string> Requests { get; } = new();

    public Func<HttpRequestMessage, byte[], byte[]>? Spoil { get; set; }

    /// <summary>Whether the connection breaks before the request has left.</summary>
    public Func<HttpRequestMessage, bool>? Break { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var verb = request.Method == HttpMethod.Get ? "" : request.Method + " ";
        Requests.Enqueue($"{verb}{request.RequestUri!.PathAndQuery}{(request.Headers.Range is { } range ? $" {range}" : "")}");
        if (Break?.Invoke(request) == true) throw new HttpRequestException("cut", new IOException("cut"));
        var response = await base.SendAsync(request, cancel);
        if (Spoil is not { } spoil || response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent)) return response;
        var type = response.Content.Headers.ContentType;
        response.Content = new ByteArrayContent(spoil(request, await response.Content.ReadAsByteArrayAsync(cancel)));
        response.Content.Headers.ContentType = type;
        return response;
    }
}
