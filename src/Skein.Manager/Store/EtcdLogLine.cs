using System.Text.Json;

namespace Skein.Manager.Store;

/// <summary>A line of etcd's log for people: its JSON holds a stack of twenty calls beside the two words that matter.</summary>
internal static class EtcdLogLine
{
    /// <summary>`panic: failed to create WAL: no space left on device`; the line itself when it is not etcd's JSON.</summary>
    public static string Plain(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var parts = ((string[])["level", "msg", "error"]).Select(name => TextOf(json.RootElement, name)).Where(text => text.Length > 0);
            return string.Join(": ", parts) is { Length: > 0 } plain ? plain : line;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return line;
        }
    }

    private static string TextOf(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
