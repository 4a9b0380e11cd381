using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>Objects to bytes and back. The versions are not stored: they are etcd's mod_revision and create_revision, filled in on reading.</summary>
internal static class ObjectCodec
{
    /// <summary>The bytes to store: the object with its times set and without its versions. The caller's object is left as it is.</summary>
    public static byte[] Encode(ObjectKind kind, IMessage source, DateTimeOffset now)
    {
        var copy = Parse(kind, source.ToByteArray());
        var meta = MetaOf(copy);
        var time = Timestamp.FromDateTimeOffset(now);
        if (meta.Version == 0 || meta.CreatedAt is null) meta.CreatedAt = time;
        meta.UpdatedAt = time;
        (meta.Version, meta.CreatedVersion) = (0, 0);
        return copy.ToByteArray();
    }

    public static IMessage Decode(ObjectKind kind, byte[] value, long modRevision, long createRevision)
    {
        var message = Parse(kind, value);
        var meta = MetaOf(message);
        (meta.Version, meta.CreatedVersion) = ((ulong)modRevision, (ulong)createRevision);
        return message;
    }

    private static IMessage Parse(ObjectKind kind, byte[] value) => kind switch
    {
        ObjectKind.Cluster => Cluster.Parser.ParseFrom(value),
        ObjectKind.Node => Node.Parser.ParseFrom(value),
        ObjectKind.Network => Network.Parser.ParseFrom(value),
        ObjectKind.Service => Service.Parser.ParseFrom(value),
        ObjectKind.Task => SwarmTask.Parser.ParseFrom(value),
        ObjectKind.ManagerBeat => ManagerBeat.Parser.ParseFrom(value),
        ObjectKind.Fence => Fence.Parser.ParseFrom(value),
        ObjectKind.DrainProgress => DrainProgress.Parser.ParseFrom(value),
        _ => throw new InvalidOperationException($"unknown object kind {kind}"),
    };

    private static Meta MetaOf(IMessage message) => message switch
    {
        Cluster it => it.Meta ??= new(),
        Node it => it.Meta ??= new(),
        Network it => it.Meta ??= new(),
        Service it => it.Meta ??= new(),
        SwarmTask it => it.Meta ??= new(),
        ManagerBeat it => it.Meta ??= new(),
        Fence it => it.Meta ??= new(),
        DrainProgress it => it.Meta ??= new(),
        _ => throw new InvalidOperationException($"no object of the store: {message.GetType().Name}"),
    };
}
