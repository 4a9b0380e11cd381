using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>The images here, by name. Immutable: each change makes a new one, readers never wait.</summary>
internal sealed record ImageCatalogue(ImmutableDictionary<string, CatalogueEntry> Entries)
{
    public static readonly ImageCatalogue Empty = new(ImmutableDictionary<string, CatalogueEntry>.Empty);

    /// <summary>One record an image, newest first, with all its names, as `docker images` lists them.</summary>
    public IReadOnlyList<ImageRecord> Images => _images.Value;

    // When it is asked for: an archive may bring thousands of names, each of which makes another catalogue.
    private readonly Lazy<IReadOnlyList<ImageRecord>> _images = new(() =>
    [
        .. Entries.Values.GroupBy(entry => entry.Image.Id).Select(Merge).OrderByDescending(image => image.Created).ThenBy(image => image.Id, StringComparer.Ordinal),
    ]);

    public ImageCatalogue With(CatalogueEntry entry) => new(Entries.SetItem(entry.Name, entry));

    /// <summary>The image that has its last name taken away by this entry, as it goes on: by its digest, as with Docker. null when none has.</summary>
    public CatalogueEntry? LeftNamelessBy(CatalogueEntry entry) =>
        Entries.TryGetValue(entry.Name, out var moved) && moved.Reference is not null && moved.Image.Id != entry.Image.Id && entry.Others.All(other => other.Image.Id != moved.Image.Id)
            && Entries.Values.All(other => other == moved || other.Image.Id != moved.Image.Id)
            ? moved.Named($"{moved.Reference!.Repository}@{moved.Target.Digest}")
            : null;

    public ImageCatalogue Without(string name) => new(Entries.Remove(name));

    /// <summary>The image of a reference, an id or a unique beginning of an id; null when there is none.</summary>
    public ImageRecord? TryFind(string text)
    {
        if (ImageReference.TryParse(text, out var reference) && TryFind(reference!) is { } entry)
            return Images.First(image => image.Id == entry.Image.Id);
        return TryFindById(text) ?? TryFindByDigest(text);
    }

    /// <summary>The digest of its manifest or index is an id to Docker with containerd's images, and what `docker build -q` prints.</summary>
    private ImageRecord? TryFindByDigest(string text) =>
        Entries.Values.FirstOrDefault(entry => Holds(entry, text)) is { } entry ? Images.First(image => image.Id == entry.Image.Id) : null;

    /// <summary>
    /// By its stored name; a reference by digest also finds the image that came under a tag of the same repository, and no
    /// other's: what is asked of one name must not befall another.
    /// </summary>
    public CatalogueEntry? TryFind(ImageReference reference)
    {
        if (Entries.TryGetValue(reference.StoredName, out var named)) return named;
        if (reference.Digest.Length == 0) return null;
        return Entries.Values.FirstOrDefault(entry => Holds(entry, reference.Digest) && entry.Reference?.Repository == reference.Repository);
    }

    /// <summary>One that leads to an image, by its whole id; null when there is none.</summary>
    public CatalogueEntry? EntryOf(string imageId) =>
        Entries.Values.FirstOrDefault(entry => entry.Image.Id == imageId) ?? Entries.Values.FirstOrDefault(entry => entry.Others.Any(other => other.Image.Id == imageId));

    /// <summary>The image of a reference or an id that is of a platform; any for null.</summary>
    /// <exception cref="SkeinException">It is not here, or not for that platform.</exception>
    public ImageRecord Find(string text, ImagePlatform? platform)
    {
        var found = TryFind(text) ?? throw NoSuchImage(text);
        if (platform is null) return found;
        var entry = ImageReference.TryParse(text, out var reference) && TryFind(reference!) is { } named ? named : EntryOf(found.Id)!;
        var one = entry.All.FirstOrDefault(one => PlatformChoice.IsSame(PlatformOf(one.Image), platform));
        return one is not null
            ? one.Image with { Tags = found.Tags, Digests = found.Digests }
            : throw SkeinException.NotFound($"image with reference {text} was found but its platform ({PlatformOf(found).ToModel()}) does not match the specified platform ({platform})");
    }

    /// <summary>Whether the image for a platform is here.</summary>
    public static bool Has(CatalogueEntry entry, ImagePlatform platform) => entry.All.Any(one => PlatformChoice.IsSame(PlatformOf(one.Image), platform));

    public static OciPlatform PlatformOf(ImageRecord image) => new() { Os = image.Os, Architecture = image.Architecture, Variant = image.Variant };

    /// <summary>What `docker save` takes for a text: a tag, every tag of a repository, or an image without its names.</summary>
    public IReadOnlyList<CatalogueEntry> Named(string text)
    {
        if (ImageReference.TryParse(text, out var reference))
        {
            var bare = ImageReference.IsBare(text);
            var tags = Entries.Values.Where(e => e.Reference is { Digest.Length: 0 } r && r.Repository == reference!.Repository && (bare || r.Tag == reference.Tag)).ToList();
            if (reference!.Digest.Length == 0 && tags.Count > 0) return [.. tags.OrderBy(e => e.Name, StringComparer.Ordinal)];
        }
        var image = TryFind(text) ?? throw NoSuchImage(text);
        var any = EntryOf(image.Id)!;
        return [any.Named(image.Id)];
    }

    /// <summary>What `docker push` takes for a name: a tag, or every tag of a repository.</summary>
    public IReadOnlyList<CatalogueEntry> TagsOf(ImageReference reference, bool all)
    {
        var tags = Entries.Values.Where(entry => entry.Reference is { Digest.Length: 0 } tag && tag.Repository == reference.Repository).OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        if (tags.Count == 0) throw SkeinException.NotFound($"An image does not exist locally with the tag: {reference.FamiliarName}");
        if (all) return tags;
        return tags.Find(entry => entry.Reference!.Tag == reference.Tag) is { } one ? [one] : throw SkeinException.NotFound($"tag does not exist: {reference.Familiar}");
    }

    public static SkeinException NoSuchImage(string text) =>
        SkeinException.NotFound($"No such image: {(ImageReference.TryParse(text, out var reference) ? reference!.Familiar : text)}");

    public ImageRecord? TryFindById(string text)
    {
        var hex = text.StartsWith("sha256:", StringComparison.Ordinal) ? text[7..] : text;
        if (hex.Length == 0 || !hex.All(char.IsAsciiHexDigitLower)) return null;
        var matches = Images.Concat(Others).Where(image => image.Id.AsSpan(7).StartsWith(hex)).DistinctBy(image => image.Id).Take(2).ToList();
        return matches.Count == 1 ? matches[0] : null;
    }

    /// <summary>Not listed: a container may be made of one all the same.</summary>
    private IEnumerable<ImageRecord> Others => Entries.Values.SelectMany(entry => entry.Others.Select(other => other.Image with
    {
        Tags = entry.Reference is { Digest.Length: 0 } tag ? [tag.Familiar] : [],
        Digests = entry.Reference is { } name ? [$"{name.FamiliarName}@{entry.Target.Digest}"] : [],
    }));

    // sha256:… may be the index, the manifest chosen from it, or (docker run httpd@sha256:…) either.
    private static bool Holds(CatalogueEntry entry, string digest) => entry.Target.Digest == digest || entry.All.Any(one => one.ManifestDigest == digest);

    private static ImageRecord Merge(IGrouping<string, CatalogueEntry> entries)
    {
        var named = entries.Where(entry => entry.Reference is not null).ToList();
        return entries.First().Image with
        {
            Tags = [.. named.Where(e => e.Reference!.Digest.Length == 0).Select(e => e.Reference!.Familiar).Order(StringComparer.Ordinal)],
            Digests = [.. named.Select(e => $"{e.Reference!.FamiliarName}@{e.Target.Digest}").Distinct().Order(StringComparer.Ordinal)],
        };
    }
}
