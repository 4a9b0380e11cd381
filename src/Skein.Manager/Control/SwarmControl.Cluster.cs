using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Validation;

namespace Skein.Manager.Control;

public sealed partial class SwarmControl
{
    public async Task<Cluster> UpdateClusterAsync(
        ulong version, ClusterSpec spec, bool rotateWorkerToken, bool rotateManagerToken, bool rotateUnlockKey, CancellationToken cancel)
    {
        ClusterSpecValidation.Check(spec);
        var known = store.Current.Cluster ?? throw SkeinException.Unavailable("The swarm does not have a cluster object");
        CheckVersion(known.Meta, version);
        // May ask CAs outside of the swarm: not in the midst of a transaction, which compares the version that this was made for.
        var root = await roots.NextAsync(known, spec.Ca, cancel);
        var after = await WriteAsync(
            seen =>
            {
                var current = seen.Cluster ?? throw SkeinException.Unavailable("The swarm does not have a cluster object");
                CheckVersion(current.Meta, version);
                var next = current.Clone();
                next.Spec = spec.Clone();
                if (next.Spec.Ca is { } ca) (ca.SigningCert, ca.SigningKey) = (ByteString.Empty, ByteString.Empty);
                next.Meta = Touched(current.Meta);
                next.RootCa = root.Clone();
                if (rotateWorkerToken) next.RootCa.JoinTokens.Worker = tokens.NewToken(next);
                if (rotateManagerToken) next.RootCa.JoinTokens.Manager = tokens.NewToken(next);
                next.UnlockKey = !spec.AutolockManagers ? ByteString.Empty : rotateUnlockKey || next.UnlockKey.IsEmpty ? NewUnlockKey(ids) : next.UnlockKey;
                var changes = new Changes();
                changes.Put(next);
                return changes;
            },
            cancel);
        return after.Cluster!;
    }

    public static ByteString NewUnlockKey(IIdSource ids)
    {
        var key = new byte[UnlockKey.Size];
        ids.Fill(key);
        return ByteString.CopyFrom(key);
    }
}
