using System.Text.Json.Nodes;

namespace Skein.Tests.Api.Leaves;

/// <summary>One name of Docker's API that a request may hold: "service", "TaskTemplate.Networks[].Target", "string".</summary>
internal sealed record ApiLeaf(string Request, string Path, string Type)
{
    public static IReadOnlyList<ApiLeaf> All { get; } =
        [.. LeafFile.Lines("names-1.51.txt").Select(line => line.Split(' ')).Select(words => new ApiLeaf(words[0], words[1], words[2]))];

    /// <summary>A value of the leaf's type that stands for something.</summary>
    public string Sample => Type switch
    {
        "string" => "\"x\"",
        "integer" => "7",
        "number" => "0.5",
        "bool" => "true",
        "strings" => "[\"x\"]",
        "list" => "[[\"x\"]]",
        "map" => "{\"k\":\"v\"}",
        "object" => "{}",
        _ => throw new InvalidOperationException($"{Request} {Path}: no sample of {Type}"),
    };

    /// <summary>Puts a value at a path; what is above it is made where it is missing.</summary>
    public static void Put(JsonObject root, string path, JsonNode? value)
    {
        var at = root;
        var steps = path.Split('.');
        foreach (var step in steps[..^1]) at = Descend(at, step);
        var (name, isList, isMap) = Step(steps[^1]);
        at[name] = isList ? new JsonArray(value) : isMap ? new JsonObject { ["k"] = value } : value;
    }

    /// <summary>What stands at a path, taken out of the document if wished; null where there is nothing.</summary>
    public static JsonNode? Find(JsonNode? root, string path, bool remove = false)
    {
        JsonNode? at = root;
        var steps = path.Split('.');
        for (var i = 0; i < steps.Length; i++)
        {
            if (at is not JsonObject here) return null;
            var (name, isList, isMap) = Step(steps[i]);
            var field = here.FirstOrDefault(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (remove && i == steps.Length - 1 && field.Key is not null) here.Remove(field.Key);
            at = isList ? (field.Value as JsonArray)?.FirstOrDefault() : isMap ? field.Value?["k"] : field.Value;
        }
        return at;
    }

    private static JsonObject Descend(JsonObject at, string step)
    {
        var (name, isList, isMap) = Step(step);
        if (at[name] is null) at[name] = isList ? new JsonArray(new JsonObject()) : isMap ? new JsonObject { ["k"] = new JsonObject() } : new JsonObject();
        return (isList ? at[name]![0] : isMap ? at[name]!["k"] : at[name])!.AsObject();
    }

    private static (string Name, bool IsList, bool IsMap) Step(string step) =>
        (step.Replace("[]", "", StringComparison.Ordinal).Replace("{}", "", StringComparison.Ordinal), step.EndsWith("[]", StringComparison.Ordinal), step.EndsWith("{}", StringComparison.Ordinal));
}
