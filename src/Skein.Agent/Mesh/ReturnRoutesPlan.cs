using Skein.Linux.Netlink;

namespace Skein.Agent.Mesh;

/// <summary>Which rules lead marked replies back to their ingress node, against those that stand.</summary>
internal sealed record ReturnRoutesPlan(IReadOnlyList<uint> Missing, IReadOnlyList<uint> Superfluous)
{
    /// <summary>Ours are known by it; before the main table's 32766.</summary>
    public const uint Priority = 100;

    public const uint Mask = uint.MaxValue;

    public static ReturnRoutesPlan Between(IEnumerable<RuleInfo> observed, IEnumerable<IngressSource> sources)
    {
        var standing = observed.Where(r => r is { Priority: Priority, IsIPv6: false }).Select(r => r.Mark).ToHashSet();
        var wanted = sources.Select(s => s.Mark).ToHashSet();
        return new ReturnRoutesPlan([.. wanted.Except(standing).Order()], [.. standing.Except(wanted).Order()]);
    }
}
