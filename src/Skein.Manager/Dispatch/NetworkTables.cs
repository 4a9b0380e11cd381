using System.Collections.Immutable;

namespace Skein.Manager.Dispatch;

/// <summary>Tables by network, changed in place; a table in which nothing changed stays the same object.</summary>
internal sealed class NetworkTables<T>(ImmutableDictionary<string, ImmutableDictionary<string, T>> from) where T : class
{
    private readonly Dictionary<string, ImmutableDictionary<string, T>.Builder> _touched = new(StringComparer.Ordinal);

    public void Set(string network, string id, T value)
    {
        if (TableOf(network).TryGetValue(id, out var old) && old.Equals(value)) return;
        Touch(network)[id] = value;
    }

    public void Remove(string network, string id)
    {
        if (TableOf(network).ContainsKey(id)) Touch(network).Remove(id);
    }

    public ImmutableDictionary<string, ImmutableDictionary<string, T>> ToImmutable()
    {
        var next = from.ToBuilder();
        foreach (var (network, table) in _touched)
        {
            if (table.Count == 0) next.Remove(network);
            else next[network] = table.ToImmutable();
        }
        return next.ToImmutable();
    }

    private IReadOnlyDictionary<string, T> TableOf(string network) =>
        _touched.TryGetValue(network, out var builder) ? builder
        : from.TryGetValue(network, out var table) ? table
        : ImmutableDictionary<string, T>.Empty;

    private ImmutableDictionary<string, T>.Builder Touch(string network)
    {
        if (_touched.TryGetValue(network, out var builder)) return builder;
        builder = (from.GetValueOrDefault(network) ?? ImmutableDictionary.Create<string, T>(StringComparer.Ordinal)).ToBuilder();
        _touched[network] = builder;
        return builder;
    }
}
