using System.Collections.Immutable;

namespace Skein.ClusterTests.Model;

/// <summary>All that users have made on one host.</summary>
internal sealed record World(
    ImmutableSortedDictionary<string, Box> Boxes, ImmutableSortedSet<string> Networks, ImmutableSortedSet<string> Volumes, ImmutableSortedSet<string> Tags)
{
    public static World Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, Box>(StringComparer.Ordinal),
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal),
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal),
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal));

    public World With(string name, Box box) => this with { Boxes = Boxes.SetItem(name, box) };

    public World Without(string name) => this with { Boxes = Boxes.Remove(name) };

    /// <summary>The same for two worlds that a user cannot tell from each other by looking.</summary>
    public string Seen() => string.Join('\n', Boxes.Select(box => $"{box.Key} {box.Value.Seen()} {box.Value.Restarts} [{string.Join(' ', box.Value.Networks)}]")
        .Append($"networks [{string.Join(' ', Networks)}]")
        .Append($"volumes [{string.Join(' ', Volumes)}]")
        .Append($"tags [{string.Join(' ', Tags)}]"));

    /// <summary>Worlds are compared as a whole to keep each once.</summary>
    public string Whole() => Seen() + string.Concat(Boxes.Values.Select(box =>
        $"\n{box.Program} {box.Policy} {box.OnBridge} {box.Volume} {box.Starts} {box.StoppedByUser} {box.Shares} {string.Join(' ', box.Files)}"));
}
