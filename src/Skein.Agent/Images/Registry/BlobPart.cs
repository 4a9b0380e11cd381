using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Skein.Agent.Images.Registry;

/// <summary>A part of a blob on its way to a registry: never whole in memory, and read anew when it is sent anew.</summary>
internal sealed class BlobPart : HttpContent
{
    private readonly Func<long, long, CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> _read;
    private readonly BlobRange _range;
    private readonly Action<long> _sent;

    /// <param name="read">The blob from an offset on, so many bytes.</param>
    /// <param name="sent">Told how many of the blob's bytes are on their way.</param>
    public BlobPart(Func<long, long, CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> read, BlobRange range, Action<long> sent)
    {
        (_read, _range, _sent) = (read, range, sent);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        // For one part alone Docker sends none, and there are registries that take no other.
        if (!range.IsWhole) Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{range.Offset}-{range.End - 1}"));
    }

    /// <summary>Told after each piece, and whether it was the last: a connection that takes nothing is no connection.</summary>
    public Action<bool> Moved { get; set; } = _ => { };

    /// <summary>Why it could not be read here, which is not the registry's fault.</summary>
    public Exception? Unreadable { get; private set; }

    protected override bool TryComputeLength(out long length)
    {
        length = _range.End - _range.Offset;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var at = _range.Offset;
        await using var pieces = _read(at, _range.End - at, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(pieces))
        {
            await stream.WriteAsync(pieces.Current, cancellationToken);
            at += pieces.Current.Length;
            _sent(at);
            Moved(at == _range.End);
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<ReadOnlyMemory<byte>> pieces)
    {
        try
        {
            return await pieces.MoveNextAsync();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Unreadable = error;
            throw;
        }
    }
}
