using Skein.Agent.Images.Content;

namespace Skein.Agent.Images;

public sealed partial class ImageStore
{
    public IReadOnlyList<NamedManifest> Manifests() => (
        from entry in _catalogue.Entries.Values
        where entry.Reference is { Digest.Length: 0 }
        from one in entry.All
        select new NamedManifest(entry.Reference!.Familiar, ImageCatalogue.PlatformOf(one.Image).ToModel(), one.ManifestDigest)).ToList();

    public async Task<long?> SizeAsync(string digest, CancellationToken cancel) => (await _content.FindAsync(digest, cancel))?.Size;

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string digest, long offset, long count, CancellationToken cancel) => _content.ReadAsync(digest, offset, count, cancel);
}
