using Skein.Linux.Netlink;

namespace Skein.Agent.Mesh;

/// <summary>Which rules and routes lead marked replies back to their ingress node, against those that stand.</summary>
/// <param name="Missing">Marks without their rule.</param>
/// <param name="Superfluous">Rules of ours that lead nowhere, or elsewhere.</param>
/// <param name="Unrouted">Nodes to which their table has no route, or another.</param>
internal sealed record ReturnRoutesPlan(IReadOnlyList<uint> Missing, IReadOnlyList<RuleInfo> Superfluous, IReadOnlyList<IngressSource> Unrouted)
{
    /// <summary>Ours are known by it; before the main table's 32766.</summary>
    public const uint Priority = 100;

    public const uint Mask = uint.MaxValue;

    public bool IsEmpty => Missing.Count + Superfluous.Count + Unrouted.Count == 0;

    /// <param name="leg">Index of the leg on the ingress network.</param>
    public static ReturnRoutesPlan Between(IEnumerable<RuleInfo> rules, IEnumerable<RouteInfo> routes, IReadOnlyCollection<IngressSource> sources, int leg)
    {
        var standing = rules.Where(r => r is { Priority: Priority, IsIPv6: false, Mark: not 0 }).ToHashSet();
        var wanted = sources.Select(s => new RuleInfo(Priority, s.Mark, Mask, s.Mark, IsIPv6: false)).ToHashSet();
        var ways = routes.Where(r => r is { Destination: null, IsIPv6: false } && r.Link == leg).ToLookup(r => r.Table, r => r.Gateway);
        return new ReturnRoutesPlan(
            [.. wanted.Except(standing).Select(r => r.Mark).Order()],
            [.. standing.Except(wanted).OrderBy(r => r.Mark)],
            [.. sources.Where(s => !ways[s.Mark].Contains(s.Address))]);
    }
}
