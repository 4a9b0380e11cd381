namespace Skein.Agent.Images;

/// <summary>The images here, as a program reads them that builds upon them.</summary>
public interface IImageContent
{
    /// <summary>Of the tags, for each platform that is here.</summary>
    IReadOnlyList<NamedManifest> Manifests();

    /// <returns>Bytes; null when it is not here.</returns>
    Task<long?> SizeAsync(string digest, CancellationToken cancel);

    /// <param name="count">Bytes at most; 0 for all from the offset on.</param>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string digest, long offset, long count, CancellationToken cancel);
}
