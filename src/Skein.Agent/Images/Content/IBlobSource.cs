namespace Skein.Agent.Images.Content;

/// <summary>Where blobs of an image come from: a registry, or the files of a loaded tar.</summary>
internal interface IBlobSource
{
    Task<Stream> OpenAsync(OciDescriptor blob, long offset, CancellationToken cancel);
}
