using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;

namespace Skein.Manager.Store;

/// <summary>Where things lie in etcd.</summary>
internal static class StoreKeys
{
    public const string Objects = "/skein/objects/";

    /// <summary>Beside the objects, so that one watch shows both in the order in which they were written. The claim: written once a term, by who becomes leader. Its mod_revision is the term; every write of a loop compares it.</summary>
    public const string LeaderClaim = "/skein/objects/leader";

    /// <summary>Put again and again by the leader while it lives. Not the claim itself, whose
    /// mod_revision must stand still; and outside the objects, so that it wakes no loop.</summary>
    public const string LeaderBeat = "/skein/leader-beat";

    /// <summary>Id of the only object of its kind.</summary>
    public const string TheStoreKey = "store";

    public static readonly ByteString LeaderClaimBytes = Bytes(LeaderClaim);

    public static readonly ByteString StoreKeyBytes = Bytes(Of(ObjectKind.StoreKey, TheStoreKey));

    public static string Of(ObjectKind kind, string id) => $"{Objects}{kind.Name}/{id}";

    /// <summary>False for what is no object of a kind that this version knows.</summary>
    public static bool TryParse(string key, [NotNullWhen(true)] out ObjectKind? kind, out string id)
    {
        (kind, id) = (null, "");
        if (!key.StartsWith(Objects, StringComparison.Ordinal)) return false;
        var rest = key.AsSpan(Objects.Length);
        var slash = rest.IndexOf('/');
        if (slash < 0) return false;
        var name = rest[..slash];
        foreach (var candidate in ObjectKind.All)
        {
            if (!name.SequenceEqual(candidate.Name)) continue;
            (kind, id) = (candidate, rest[(slash + 1)..].ToString());
            return true;
        }
        return false;
    }

    public static ByteString Bytes(string key) => ByteString.CopyFromUtf8(key);

    /// <summary>etcd's end of "all keys that begin with this": the prefix with its last byte raised by one.</summary>
    public static ByteString EndOf(string prefix)
    {
        var end = Encoding.UTF8.GetBytes(prefix);
        end[^1]++;
        return ByteString.CopyFrom(end);
    }
}
