using System.Net;
using Skein.Agent.Images.Content;

namespace Skein.Agent.Images.Registry;

/// <summary>
/// One blob on its way up. When the way breaks, the next try asks the registry how far it has it, and goes on from there; where that
/// cannot be told it begins anew.
/// </summary>
/// <param name="read">The blob from an offset on, so many bytes.</param>
/// <param name="partSize">Bytes. Some registries take no second part of a blob: one is large enough for nearly every layer.</param>
internal sealed class BlobUpload(
    RegistryClient registry,
    PushTarget target,
    OciDescriptor blob,
    Func<long, long, CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> read,
    long partSize)
{
    private UploadPlace? _place;
    private UploadPlace? _begun;
    private bool _resumed;

    /// <summary>Asks for it from other repositories of the registry. One that is not taken over is an upload that has begun, and is gone on with.</summary>
    /// <returns>The repository that it was taken over from; null when it was from none.</returns>
    public async Task<string?> TryMountAsync(IEnumerable<string> sources, CancellationToken cancel)
    {
        // An earlier try has sent some of it already.
        if (_place is not null) return null;
        foreach (var source in sources)
        {
            try
            {
                var before = _begun;
                _begun = await registry.BeginUploadAsync(target, blob.Digest, source, cancel);
                if (before is not null) await GiveUpAsync(before, cancel);
                if (_begun is null) return source;
            }
            catch (RegistryException)
            {
                // Who may not read there, or it is gone: then it is sent.
            }
        }
        return null;
    }

    private async Task GiveUpAsync(UploadPlace place, CancellationToken cancel)
    {
        try
        {
            await registry.DropUploadAsync(target, place, cancel);
        }
        catch (RegistryException)
        {
            // The registry forgets it some day by itself.
        }
    }

    /// <param name="sent">Told how many bytes are on their way.</param>
    public async Task SendAsync(Action<long> sent, CancellationToken cancel)
    {
        var place = TakeBegun() ?? await ResumeAsync(cancel) ?? await registry.BeginUploadAsync(target, blob.Digest, "", cancel);
        _place = place;
        while (place!.Offset < blob.Size)
        {
            var end = Math.Min(blob.Size, place.Offset + partSize);
            _place = place = await registry.SendPartAsync(target, place, new BlobRange(place.Offset, end, place.Offset == 0 && end == blob.Size), read, sent, cancel);
        }
        try
        {
            await registry.FinishUploadAsync(target, place, blob.Digest, cancel);
        }
        catch (RegistryException)
        {
            // What it has is of no use, whatever the reason.
            _place = null;
            throw;
        }
    }

    /// <summary>Whether another try may end better.</summary>
    public bool MayPass(Exception error) => error switch
    {
        RegistryUnreachableException => true,
        RegistryException { Status: >= 500 or (int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.RequestTimeout } => true,
        // Of an upload it knows no more, or had another end of than it said.
        RegistryException { Code: "BLOB_UPLOAD_UNKNOWN" or "BLOB_UPLOAD_INVALID" or "RANGE_INVALID" } => true,
        RegistryException { Code: "DIGEST_INVALID" } => _resumed,
        _ => false,
    };

    private UploadPlace? TakeBegun()
    {
        var begun = _begun;
        _begun = null;
        return begun;
    }

    private async Task<UploadPlace?> ResumeAsync(CancellationToken cancel)
    {
        if (_place is not { } place) return null;
        _place = null;
        var known = await registry.AskProgressAsync(target, place, cancel);
        _resumed = known is not null;
        return known?.Offset <= blob.Size ? known : null;
    }
}
