namespace Skein.Agent.Images.Content;

/// <summary>Where blobs of an image come from: a registry, or the files of a loaded tar.</summary>
internal interface IBlobSource
{
    /// <summary>Who is slow when it is slow: a registry's name.</summary>
    string Origin { get; }

    /// <summary>What a blob from here is marked with.</summary>
    IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>A blob that is a document: whole, of at most 4 MiB, and what its digest says.</summary>
    Task<byte[]> ReadAsync(OciDescriptor blob, CancellationToken cancel);

    Task<Stream> OpenAsync(OciDescriptor blob, long offset, CancellationToken cancel);
}
