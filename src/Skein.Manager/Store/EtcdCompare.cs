using Google.Protobuf;
using Skein.Manager.Etcd;

namespace Skein.Manager.Store;

/// <summary>What a transaction requires.</summary>
internal static class EtcdCompare
{
    public static Compare ModRevisionIs(ByteString key, long revision) => new()
    {
        Key = key,
        Target = Compare.Types.CompareTarget.Mod,
        Result = Compare.Types.CompareResult.Equal,
        ModRevision = revision,
    };

    /// <summary>The writer leads still.</summary>
    public static Compare Leads(LeaderTerm term) => ModRevisionIs(StoreKeys.LeaderClaimBytes, (long)term.KeyRevision);

    /// <summary>What is written is sealed with the key of now.</summary>
    public static Compare IsSealedWith(Sealing sealing) => ModRevisionIs(StoreKeys.StoreKeyBytes, (long)sealing.Version);
}
