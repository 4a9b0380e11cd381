using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>
/// A kind of object the store keeps, and all that is to be known of it: a new one is a row here and a line in StoreObjects.cs.
/// </summary>
public abstract class ObjectKind
{
    private static readonly List<ObjectKind> s_all = [];

    public static readonly ObjectKind<Cluster> Cluster = new("cluster");

    public static readonly ObjectKind<Node> Node = new("node", n => n.Description?.Hostname, hasEvents: true);

    public static readonly ObjectKind<Network> Network = new("network", n => n.Spec.Annotations?.Name, hasEvents: true);

    public static readonly ObjectKind<Service> Service = new("service", s => s.Spec.Annotations?.Name, hasEvents: true);

    public static readonly ObjectKind<SwarmTask> Task = new("task", t => t.Annotations?.Name);

    public static readonly ObjectKind<Secret> Secret = new("secret", s => s.Spec.Annotations?.Name, hasEvents: true);

    public static readonly ObjectKind<Config> Config = new("config", c => c.Spec.Annotations?.Name, hasEvents: true);

    public static readonly ObjectKind<ManagerBeat> ManagerBeat = new("managerbeat");

    public static readonly ObjectKind<ManagerCertificate> ManagerCertificate = new("managercertificate");

    public static readonly ObjectKind<Fence> Fence = new("fence");

    public static readonly ObjectKind<DrainProgress> DrainProgress = new("drainprogress");

    public static readonly ObjectKind<StoreKey> StoreKey = new("storekey");

    public static readonly ObjectKind<ManagerKey> ManagerKey = new("managerkey");

    public static readonly ObjectKind<ContainerAttachment> Attachment = new("attachment");

    private static readonly Dictionary<System.Type, ObjectKind> s_byType = s_all.ToDictionary(kind => kind.Type);

    private protected ObjectKind(string name, bool hasEvents)
    {
        (Name, HasEvents, Index) = (name, hasEvents, s_all.Count);
        s_all.Add(this);
    }

    public static IReadOnlyList<ObjectKind> All => s_all;

    /// <summary>The key's first part, and the word for one of them in messages.</summary>
    public string Name { get; }

    /// <summary>Whether users are told of its changes by `docker events`.</summary>
    public bool HasEvents { get; }

    /// <summary>Its place in <see cref="All"/>.</summary>
    internal int Index { get; }

    private protected abstract System.Type Type { get; }

    public static ObjectKind Of(IStoreObject o) => s_byType[o.GetType()];

    /// <summary>The bytes to store: the object with its times set and without its versions. The caller's object is left as it is.</summary>
    internal byte[] Encode(IStoreObject source, DateTimeOffset now)
    {
        var copy = Clone(source);
        var meta = copy.Meta ??= new();
        var time = Timestamp.FromDateTimeOffset(now);
        if (meta.Version == 0 || meta.CreatedAt is null) meta.CreatedAt = time;
        meta.UpdatedAt = time;
        // Not stored by a change: they are etcd's mod_revision and create_revision, filled in on reading.
        (meta.Version, meta.CreatedVersion) = (0, 0);
        return copy.ToByteArray();
    }

    /// <summary>The bytes to store of what has not changed: with the version that it keeps.</summary>
    internal byte[] EncodeUnchanged(IStoreObject source)
    {
        var copy = Clone(source);
        copy.Meta!.CreatedVersion = 0;
        return copy.ToByteArray();
    }

    internal IStoreObject Decode(byte[] value, long modRevision, long createRevision)
    {
        var found = Parse(value);
        var meta = found.Meta ??= new();
        // It has one when it was sealed anew since it last changed.
        if (meta.Version == 0) meta.Version = (ulong)modRevision;
        meta.CreatedVersion = (ulong)createRevision;
        return found;
    }

    internal abstract IStoreObject Clone(IStoreObject source);

    internal abstract ObjectTable EmptyTable { get; }

    private protected abstract IStoreObject Parse(byte[] value);
}

/// <inheritdoc/>
public sealed class ObjectKind<T> : ObjectKind where T : class, IStoreObject, IMessage<T>, new()
{
    private static readonly MessageParser<T> s_parser = new(() => new T());

    private readonly Func<T, string?>? _nameOf;

    /// <param name="nameOf">What users call it by, beside its id; null when they don't.</param>
    internal ObjectKind(string name, Func<T, string?>? nameOf = null, bool hasEvents = false) : base(name, hasEvents) => _nameOf = nameOf;

    /// <summary>One that has its id alone.</summary>
    internal T New(string id)
    {
        var made = new T();
        made.Id = id;
        return made;
    }

    internal override ObjectTable EmptyTable => ObjectTable<T>.Empty;

    private protected override System.Type Type => typeof(T);

    public string? NameOf(T o) => _nameOf?.Invoke(o);

    internal override IStoreObject Clone(IStoreObject source) => ((T)source).Clone();

    private protected override IStoreObject Parse(byte[] value) => s_parser.ParseFrom(value);
}
