using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>What `docker rmi` takes away, or why not; the words and the rules are Docker's.</summary>
/// <param name="Names">Names to drop from containerd, whose garbage collection takes the rest.</param>
internal sealed record ImageRemoval(IReadOnlyList<string> Names, IReadOnlyList<(string? Untagged, string? Deleted)> Answer)
{
    /// <summary>The image loses its last name and stays, under its id, for the container that runs from it; else null.</summary>
    public CatalogueEntry? Kept { get; init; }

    public static ImageRemoval Plan(ImageCatalogue catalogue, string text, bool force, Func<string, IEnumerable<ImageUser>> usersOf)
    {
        var found = catalogue.TryFind(text) ?? throw ImageCatalogue.NoSuchImage(text);
        // Of an index one platform's image does not go alone.
        var image = catalogue.EntryOf(found.Id)!.Image;
        var all = catalogue.Entries.Values.Where(entry => entry.Image.Id == image.Id).OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        var users = all.SelectMany(entry => entry.All).Select(one => one.Image.Id).Distinct().SelectMany(usersOf).ToList();
        var byName = ImageReference.TryParse(text, out var reference) && catalogue.TryFind(reference!) is { } entry && entry.Image.Id == image.Id ? entry : null;
        return byName is not null ? PlanByName(text, image, byName, all, users, force) : PlanById(image, all, users, force);
    }

    private static ImageRemoval PlanByName(
        string text, ImageRecord image, CatalogueEntry named, List<CatalogueEntry> all, List<ImageUser> users, bool force)
    {
        // A name by digest goes with the last tag of its repository, as in Docker.
        var dropped = all.Where(e => e == named || (e.Reference is { Digest.Length: > 0 } r && r.Repository == named.Reference?.Repository
            && all.All(other => other == named || other.Reference is not { Digest.Length: 0 } tag || tag.Repository != r.Repository))).ToList();
        if (dropped.Count < all.Count) return new ImageRemoval(NamesOf(dropped), [.. Untagged(dropped)]);
        if (users.Count > 0 && !force)
        {
            throw SkeinException.Conflict(
                $"conflict: unable to remove repository reference \"{text}\" (must force) - container {Short(users[0].ContainerId)} is using its referenced image {Short(image.Id[7..])}");
        }
        return users.Exists(user => user.Running) ? new ImageRemoval(NamesOf(all), [.. Untagged(all)]) { Kept = named } : Whole(image, all);
    }

    private static ImageRemoval PlanById(ImageRecord image, List<CatalogueEntry> all, List<ImageUser> users, bool force)
    {
        if (users.FirstOrDefault(user => user.Running) is { } running) throw InUse(image, running);
        if (!force && all.Select(e => e.Reference?.Repository).Distinct().Count() > 1)
            throw SkeinException.Conflict($"conflict: unable to delete {Short(image.Id[7..])} (must be forced) - image is referenced in multiple repositories");
        if (!force && users.Count > 0)
        {
            throw SkeinException.Conflict(
                $"conflict: unable to delete {Short(image.Id[7..])} (must be forced) - image is being used by stopped container {Short(users[0].ContainerId)}");
        }
        return Whole(image, all);
    }

    private static ImageRemoval Whole(ImageRecord image, List<CatalogueEntry> all)
    {
        var answer = Untagged(all).ToList();
        foreach (var gone in all.SelectMany(entry => entry.All).Select(one => one.Image).Prepend(image).DistinctBy(one => one.Id))
        {
            answer.Add((null, gone.Id));
            for (var layers = gone.Layers.Count; layers > 0; layers--) answer.Add((null, ChainId.Of(gone.Layers.Take(layers))));
        }
        return new ImageRemoval(NamesOf(all), answer);
    }

    private static SkeinException InUse(ImageRecord image, ImageUser running) => SkeinException.Conflict(
        $"conflict: unable to delete {Short(image.Id[7..])} (cannot be forced) - image is being used by running container {Short(running.ContainerId)}");

    private static IReadOnlyList<string> NamesOf(IEnumerable<CatalogueEntry> entries) => [.. entries.Select(entry => entry.Name)];

    private static IEnumerable<(string? Untagged, string? Deleted)> Untagged(IEnumerable<CatalogueEntry> entries)
    {
        var named = entries.Where(entry => entry.Reference is not null).ToList();
        return named.Select(entry => entry.Reference!.Familiar)
            .Concat(named.Select(entry => $"{entry.Reference!.FamiliarName}@{entry.Target.Digest}"))
            .Distinct()
            .Select(text => ((string?)text, (string?)null));
    }

    private static string Short(string id) => id.Length > 12 ? id[..12] : id;
}
