using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>The objects of one kind.</summary>
public abstract class ObjectTable
{
    internal abstract IStoreObject? Get(string id);

    internal abstract IEnumerable<IStoreObject> Objects { get; }

    internal abstract Builder ToBuilder();

    internal abstract class Builder
    {
        public abstract IStoreObject? Get(string id);

        public abstract void Set(string id, IStoreObject? o);

        public abstract ObjectTable Build();
    }
}

/// <summary>One kind of object, by id. The messages in it are shared: clone before changing one.</summary>
public sealed class ObjectTable<T> : ObjectTable where T : class, IStoreObject
{
    public static readonly ObjectTable<T> Empty = new(ImmutableDictionary.Create<string, T>(StringComparer.Ordinal));

    private readonly ImmutableDictionary<string, T> _byId;

    private ObjectTable(ImmutableDictionary<string, T> byId) => _byId = byId;

    public int Count => _byId.Count;

    public IEnumerable<T> All => _byId.Values;

    internal override IEnumerable<IStoreObject> Objects => _byId.Values;

    public T? Find(string id) => _byId.GetValueOrDefault(id);

    internal override IStoreObject? Get(string id) => Find(id);

    internal override Builder ToBuilder() => new TableBuilder(_byId.ToBuilder());

    private sealed class TableBuilder(ImmutableDictionary<string, T>.Builder byId) : Builder
    {
        public override IStoreObject? Get(string id) => byId.GetValueOrDefault(id);

        public override void Set(string id, IStoreObject? o)
        {
            if (o is null) byId.Remove(id);
            else byId[id] = (T)o;
        }

        public override ObjectTable Build() => new ObjectTable<T>(byId.ToImmutable());
    }
}
