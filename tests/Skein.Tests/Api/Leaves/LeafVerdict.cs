using System.Text.Json.Nodes;

namespace Skein.Tests.Api.Leaves;

/// <summary>A line of verdicts.txt, where the form is told.</summary>
internal sealed record LeafVerdict(string Request, string Path, string Word, string Sample, string Words)
{
    public static IReadOnlyList<LeafVerdict> All { get; } = [.. LeafFile.Lines("verdicts.txt").Select(Parse)];

    public bool Covers(ApiLeaf leaf) => leaf.Request == Request
        && (Path.EndsWith('*') ? leaf.Path.StartsWith(Path[..^1], StringComparison.Ordinal) : leaf.Path == Path);

    /// <summary>A request that asks for this leaf.</summary>
    public JsonObject Document(ApiLeaf leaf, string basis)
    {
        var document = JsonNode.Parse(basis)!.AsObject();
        var company = Sample.IndexOf(" = ", StringComparison.Ordinal);
        var (path, value) = company < 0 ? (leaf.Path, Sample.Length > 0 ? Sample : leaf.Sample) : (Sample[..company], Sample[(company + 3)..]);
        ApiLeaf.Put(document, path, JsonNode.Parse(value));
        return document;
    }

    private static LeafVerdict Parse(string line)
    {
        var parts = line.Split('|', StringSplitOptions.TrimEntries);
        var name = parts[0].Split(' ');
        return new(name[0], name[1], parts[1], parts.ElementAtOrDefault(2) ?? "", parts.ElementAtOrDefault(3) ?? "");
    }
}
