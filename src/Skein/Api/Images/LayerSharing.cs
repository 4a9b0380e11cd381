using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>How much of the disk images take when a layer that several have is counted once.</summary>
internal sealed class LayerSharing
{
    // A layer is the same on disk where all below it are the same as well: it is known by their chain.
    private readonly Dictionary<string, (long Size, int Images)> _chains = [];

    public LayerSharing(IEnumerable<ImageRecord> images)
    {
        foreach (var (chain, size) in images.SelectMany(Chains))
            _chains[chain] = (size, _chains.GetValueOrDefault(chain).Images + 1);
    }

    public long Total => _chains.Values.Sum(chain => chain.Size);

    public long SharedBy(ImageRecord image) => Chains(image).Where(chain => _chains[chain.Chain].Images > 1).Sum(chain => chain.Size);

    private static IEnumerable<(string Chain, long Size)> Chains(ImageRecord image) =>
        image.LayerSizes.Select((size, at) => (ChainId.Of(image.Layers.Take(at + 1)), size));
}
