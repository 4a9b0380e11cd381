using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Keys;

/// <summary>
/// When the store's key is changed, and how far that is. Pure. A key is changed when somebody may know it who shall not: a manager that is
/// none any more, or who had a disk that the swarm's unlock key of then opened, or none was needed for. What there is to do is read off the
/// state each time, so that a leader that dies leaves nothing half done. See docs/decisions/0018.
/// </summary>
internal static class KeyPlan
{
    /// <summary>Of one key after another: each takes a pass over all that is stored.</summary>
    public static readonly TimeSpan LeastAge = TimeSpan.FromMinutes(1);

    /// <param name="has">Whether this manager has the key of that id.</param>
    public static KeyStep Next(Snapshot seen, string self, Func<string, bool> has, DateTimeOffset now)
    {
        if (seen.StoreKey is not { } key) return new KeyStep.Begin();
        var why = WhyChange(seen, key);
        if (key.Next.Length > 0) return NextOfPending(seen, self, key, has, why);
        var left = LeftOf(key, now);
        if (why is not null && left <= TimeSpan.Zero) return new KeyStep.Announce(why);
        if (key.Former.Count > 0) return new KeyStep.Sweep(key);
        return why is null ? new KeyStep.Rest() : new KeyStep.Wait(left);
    }

    /// <summary>Who it may be known by is not known: whoever has ever been given a manager's certificate.</summary>
    public static StoreKey First(Snapshot seen, string id, DateTimeOffset now) => new()
    {
        Id = StoreKeys.TheStoreKey,
        Current = id,
        UnlockDigest = DigestOf(seen.Cluster),
        MadeAt = Timestamp.FromDateTimeOffset(now),
    };

    /// <summary>What managers have said of the one before goes.</summary>
    public static Changes Announced(Snapshot seen, StoreKey key, string next, DateTimeOffset now)
    {
        var changes = new Changes();
        var announced = key.Clone();
        announced.Next = next;
        announced.KnownBy.Clear();
        announced.KnownBy.AddRange(Managers(seen).Select(node => node.Id).Order(StringComparer.Ordinal));
        announced.SinceVersion = seen.Revision;
        announced.UnlockDigest = DigestOf(seen.Cluster);
        announced.MadeAt = Timestamp.FromDateTimeOffset(now);
        changes.Put(announced);
        foreach (var said in seen.Of(ObjectKind.ManagerKey).All) changes.Delete(ObjectKind.ManagerKey, said.Id);
        return changes;
    }

    public static StoreKey Swept(StoreKey key)
    {
        var swept = key.Clone();
        swept.Former.Clear();
        return swept;
    }

    /// <summary>Managers that do not have the next key on their disk. One that is down is waited for until it is demoted or removed.</summary>
    public static IEnumerable<string> Waiting(Snapshot seen) =>
        seen.StoreKey is { Next: { Length: > 0 } next } ? Managers(seen).Select(node => node.Id).Where(id => seen.Of(ObjectKind.ManagerKey).Find(id)?.Key != next).Order(StringComparer.Ordinal) : [];

    /// <summary>Managers that have said that they have the next key, and that are there.</summary>
    public static IEnumerable<Node> Having(Snapshot seen) => seen.StoreKey is { Next: { Length: > 0 } next }
        ? Managers(seen).Where(node => node.ManagerStatus.Reachability != Reachability.Unreachable && seen.Of(ObjectKind.ManagerKey).Find(node.Id)?.Key == next)
        : [];

    /// <summary>What is told of the unlock key where it is compared only.</summary>
    public static string DigestOf(Cluster? cluster) =>
        cluster is { UnlockKey: { IsEmpty: false } key } ? Convert.ToHexStringLower(SHA256.HashData(key.Span)) : "";

    /// <summary>Nothing of the first one. A clock that was set back is no reason to wait for long.</summary>
    private static TimeSpan LeftOf(StoreKey key, DateTimeOffset now)
    {
        var left = key.SinceVersion == 0 ? TimeSpan.Zero : LeastAge - (now - key.MadeAt.ToDateTimeOffset());
        return left > LeastAge ? LeastAge : left;
    }

    private static KeyStep NextOfPending(Snapshot seen, string self, StoreKey key, Func<string, bool> has, string? why)
    {
        if (why is not null) return new KeyStep.Announce(why);
        if (!has(key.Next)) return Having(seen).Any(node => node.Id != self) ? new KeyStep.Rest() : new KeyStep.Announce("who has the next one is gone");
        return Waiting(seen).Any() ? new KeyStep.Rest() : new KeyStep.Install(Installed(key));
    }

    private static StoreKey Installed(StoreKey key)
    {
        var installed = key.Clone();
        installed.Former.Add(key.Current);
        (installed.Current, installed.Next) = (key.Next, "");
        return installed;
    }

    /// <summary>null when nobody knows it but who shall.</summary>
    private static string? WhyChange(Snapshot seen, StoreKey key)
    {
        var digest = DigestOf(seen.Cluster);
        if (digest.Length > 0 && digest != key.UnlockDigest) return "the managers' disks have another unlock key";
        var former = key.KnownBy.FirstOrDefault(id => RevokedCertificates.IsOver(seen.Nodes.Find(id)))
            ?? seen.Of(ObjectKind.ManagerCertificate).All.FirstOrDefault(one => IsNewer(one, key) && RevokedCertificates.IsOver(seen.Nodes.Find(one.NodeId)))?.NodeId;
        return former is null ? null : $"node {former}, which may know it, is no manager any more";
    }

    private static bool IsNewer(ManagerCertificate certificate, StoreKey key) => certificate.Meta!.CreatedVersion > key.SinceVersion;

    private static IEnumerable<Node> Managers(Snapshot seen) => seen.Nodes.All.Where(node => node.ManagerStatus is not null);
}
