using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Http;

/// <summary>
/// Docker's filters: {"key":{"value":true}}, and the older {"key":["value"]}. All keys are to be met, of a key's values one. To Docker
/// a value counts that is there, be it with false; null is none.
/// </summary>
internal sealed class Filters
{
    private readonly Dictionary<string, HashSet<string>> _values = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Regex?> _patterns = new(StringComparer.Ordinal);

    public static Filters Parse(string json)
    {
        var filters = new Filters();
        if (json.Length == 0) return filters;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Null) return filters;
            foreach (var key in document.RootElement.EnumerateObject()) filters._values[key.Name] = Values(key.Value);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw SkeinException.Invalid("invalid filter");
        }
        return filters;
    }

    public bool Has(string key) => _values.ContainsKey(key);

    public IReadOnlySet<string> this[string key] => _values.TryGetValue(key, out var set) ? set : new HashSet<string>();

    /// <summary>Refuses a key that is not among these.</summary>
    public Filters Accept(params ReadOnlySpan<string> keys)
    {
        foreach (var key in _values.Keys)
        {
            if (!keys.Contains(key)) throw SkeinException.Invalid($"invalid filter '{key}'");
        }
        return this;
    }

    /// <summary>Refuses a value of the key that is not among these.</summary>
    public Filters Values(string key, params ReadOnlySpan<string> values)
    {
        foreach (var value in this[key])
        {
            if (!values.Contains(value)) throw SkeinException.Invalid($"Invalid {key} filter: '{value}'");
        }
        return this;
    }

    /// <summary>True when the key is not asked for or one of its values is one of these.</summary>
    public bool Exact(string key, params ReadOnlySpan<string> candidates)
    {
        if (!_values.TryGetValue(key, out var wanted) || wanted.Count == 0) return true;
        foreach (var candidate in candidates)
        {
            if (wanted.Contains(candidate)) return true;
        }
        return false;
    }

    /// <summary>As <see cref="Exact"/>, for ids: a value stands for every id that begins with it.</summary>
    public bool Prefix(string key, string id) => Any(key, wanted => id.StartsWith(wanted, StringComparison.Ordinal));

    /// <summary>
    /// As <see cref="Exact"/>, for names of containers and networks: a value is a regular expression that is found anywhere in
    /// the name. One that cannot be read stands for itself alone.
    /// </summary>
    public bool Matches(string key, params string[] names) =>
        Any(key, wanted => names.Any(name => name == wanted || IsFound(wanted, name)));

    /// <summary>Every wanted label is there: "key" or "key=value".</summary>
    public bool Labels(string key, IEnumerable<KeyValuePair<string, string>> labels)
    {
        if (!_values.TryGetValue(key, out var wanted) || wanted.Count == 0) return true;
        var have = labels.ToDictionary();
        return wanted.All(want => want.Split('=', 2) is [var name, var value]
            ? have.TryGetValue(name, out var actual) && actual == value
            : have.ContainsKey(want));
    }

    public bool? Flag(string key)
    {
        if (!_values.TryGetValue(key, out var wanted) || wanted.Count == 0) return null;
        return wanted.First() switch
        {
            "1" or "true" or "True" or "TRUE" => true,
            "0" or "false" or "False" or "FALSE" => false,
            _ => throw SkeinException.Invalid($"invalid filter '{key}=[{string.Join(' ', wanted)}]'"),
        };
    }

    public bool Any(string key, Func<string, bool> matches) =>
        !_values.TryGetValue(key, out var wanted) || wanted.Count == 0 || wanted.Any(matches);

    private bool IsFound(string pattern, string name) => _patterns.GetOrAdd(pattern, Compiled)?.IsMatch(name) == true;

    /// <summary>Of the kind that Go's are, whose time grows with the text alone: of others a request may have a thousand, each to be waited for at each name.</summary>
    private static Regex? Compiled(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>A prune's "until": a time, or a span before now (10m, 1h30m); null when absent.</summary>
    public DateTimeOffset? Until(DateTimeOffset now) => Since("until", now);

    /// <summary>As <see cref="Until"/>, for another key.</summary>
    public DateTimeOffset? Since(string key, DateTimeOffset now)
    {
        if (!_values.TryGetValue(key, out var wanted) || wanted.Count == 0) return null;
        if (wanted.Count > 1) throw SkeinException.Invalid($"more than one {key} filter specified");
        var text = wanted.First();
        if (GoDuration.TryParse(text, out var span)) return now - DateTimeOffset.MinValue > span ? now - span : DateTimeOffset.MinValue;
        return GoTime.TryParse(text, out var time) ? time : throw SkeinException.Invalid($"failed to parse value as time or duration: \"{text}\"");
    }

    private static HashSet<string> Values(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Object => value.EnumerateObject().Select(Present).ToHashSet(),
        JsonValueKind.Array => value.EnumerateArray().Select(v => v.GetString() ?? "").ToHashSet(),
        _ => throw SkeinException.Invalid("invalid filter"),
    };

    private static string Present(JsonProperty value) =>
        value.Value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null ? value.Name : throw SkeinException.Invalid("invalid filter");
}
