using Skein.Agent.Images.Registry;

namespace Skein.Agent.Images.Content;

internal sealed class RegistryBlobs(RegistryClient registry, ImageReference reference, RegistryAuth? auth) : IBlobSource
{
    public string Origin => reference.Domain;

    public IReadOnlyDictionary<string, string> Labels { get; } =
        new Dictionary<string, string>([DistributionSource.With(GcLabels.None, reference.Domain, reference.Path)]);

    public Task<byte[]> ReadAsync(OciDescriptor blob, CancellationToken cancel) => registry.ReadBlobAsync(reference, blob, auth, midway: true, cancel);

    public Task<Stream> OpenAsync(OciDescriptor blob, long offset, CancellationToken cancel) =>
        registry.OpenBlobAsync(reference, blob, offset, auth, cancel);
}
