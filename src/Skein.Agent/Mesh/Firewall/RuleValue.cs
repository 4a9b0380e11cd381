using System.Text.Json;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>The right side of a match: a value, several, a range, or the name of a set.</summary>
internal static class RuleValue
{
    /// <returns>Null when its values are not known here: those of a named set.</returns>
    public static bool? Any(JsonElement right, Func<JsonElement, bool> holds)
    {
        if (right.ValueKind == JsonValueKind.String && right.GetString()!.StartsWith('@')) return null;
        if (right.ValueKind == JsonValueKind.Object && right.TryGetProperty("set", out var set)) return Any(set, holds);
        return right.ValueKind switch
        {
            JsonValueKind.Array => right.EnumerateArray().Any(value => Safely(value, holds)),
            _ => Safely(right, holds),
        };
    }

    /// <summary>With the star that names of interfaces may end in.</summary>
    public static bool IsName(JsonElement value, string name) =>
        value.GetString() is { } text && (text == name || (text.EndsWith('*') && name.StartsWith(text[..^1], StringComparison.Ordinal)));

    public static bool IsNumber(JsonElement value, int number)
    {
        if (value.ValueKind == JsonValueKind.Number) return value.TryGetInt32(out var one) && one == number;
        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty("range", out var range)
            && range[0].TryGetInt32(out var first) && range[1].TryGetInt32(out var last) && first <= number && number <= last;
    }

    // What is of another form than the question expects (a number for a name) is not it.
    private static bool Safely(JsonElement value, Func<JsonElement, bool> holds)
    {
        try
        {
            return holds(value);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
