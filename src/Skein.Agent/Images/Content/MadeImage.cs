using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>An image made here, whose documents are in memory and whose layers are in containerd already, or in a file.</summary>
internal sealed record MadeImage(ImageContent Content, OciDescriptor Config, byte[] ConfigBytes) : IBlobSource
{
    /// <summary>The file of the one layer that is not in containerd yet.</summary>
    public string? LayerFile { get; init; }

    public string Origin => "";

    public IReadOnlyDictionary<string, string> Labels => GcLabels.None;

    public Task<byte[]> ReadAsync(OciDescriptor blob, CancellationToken cancel) =>
        blob.Digest == Config.Digest ? Task.FromResult(ConfigBytes) : throw SkeinException.NotFound($"content {blob.Digest} is not here");

    public Task<Stream> OpenAsync(OciDescriptor blob, long offset, CancellationToken cancel)
    {
        if (LayerFile is null) throw SkeinException.NotFound($"content {blob.Digest} is not here");
        var stream = File.OpenRead(LayerFile);
        stream.Seek(offset, SeekOrigin.Begin);
        return Task.FromResult<Stream>(stream);
    }
}
