using System.Collections.Immutable;

namespace Skein.Manager.Store;

/// <summary>One kind of object, by id. The messages in it are shared: clone before changing one.</summary>
public sealed class ObjectTable<T>(ImmutableDictionary<string, T> byId) where T : class
{
    public static readonly ObjectTable<T> Empty = new(ImmutableDictionary.Create<string, T>(StringComparer.Ordinal));

    public int Count => byId.Count;

    public IEnumerable<T> All => byId.Values;

    public T? Find(string id) => byId.GetValueOrDefault(id);

    internal ImmutableDictionary<string, T> ById => byId;
}
