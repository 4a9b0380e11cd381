using Skein.Manager.Drafts;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Allocation;

/// <summary>
/// VNI and subnets of new networks: the lowest that no other network has. A network that cannot have what it asks for stays
/// without; its tasks say so.
/// </summary>
internal static class NetworkAllocation
{
    private const uint FirstVni = 4096;

    /// <param name="of">This one alone; null = all.</param>
    public static void Run(SwarmDraft draft, string? of = null)
    {
        var waiting = draft.Networks.Where(n => (n.Value.Vni == 0 || n.Value.Ipam.Count == 0) && (of is null || n.Value.Id == of)).ToList();
        if (waiting.Count == 0) return;
        var vnis = draft.Networks.Select(n => n.Value.Vni).Where(v => v != 0).ToHashSet();
        var subnets = draft.Networks.SelectMany(n => Subnet.In(n.Value.Ipam)).ToList();
        // Ingress first, as Docker: it has 10.0.0.0/24 and 4096, the first of the user's 10.0.1.0/24 and 4097.
        foreach (var network in waiting.OrderBy(n => n.Value.Spec?.Ingress == true ? 0 : 1)) Allocate(draft, network, vnis, subnets);
    }

    private static void Allocate(SwarmDraft draft, Drafted<Network> network, HashSet<uint> vnis, List<Subnet> subnets)
    {
        var vni = network.Value.Vni != 0 ? network.Value.Vni : ChooseVni(network.Value.Spec, vnis);
        var ipam = network.Value.Ipam.Count > 0 ? network.Value.Ipam.ToList() : ChooseIpam(draft, network.Value.Spec ?? new(), subnets);
        if (vni is null || ipam is null) return;
        var edited = network.Edit();
        edited.Vni = vni.Value;
        if (edited.Ipam.Count == 0) edited.Ipam.Add(ipam);
        draft.GivesOut = true;
        vnis.Add(vni.Value);
        subnets.AddRange(Subnet.In(ipam));
    }

    private static uint? ChooseVni(NetworkSpec? spec, HashSet<uint> taken)
    {
        if (spec is not null && spec.DriverOptions.TryGetValue(NetworkSpecValidation.VniOption, out var asked))
            return NetworkSpecValidation.TryParseVni(asked, out var given) && !taken.Contains(given) ? given : null;
        for (var vni = FirstVni; vni <= NetworkSpecValidation.LastVni; vni++)
        {
            if (!taken.Contains(vni)) return vni;
        }
        return null;
    }

    private static List<IpamConfig>? ChooseIpam(SwarmDraft draft, NetworkSpec spec, List<Subnet> taken)
    {
        var chosen = new List<IpamConfig>();
        var mine = new List<Subnet>();
        foreach (var asked in spec.Ipam)
        {
            var ipam = asked.Clone();
            if (ipam.Subnet.Length == 0 ? !FillFromPool(draft, ipam, [.. taken, .. mine]) : !IsFree(ipam, [.. taken, .. mine])) return null;
            if (!Subnet.TryParse(ipam.Subnet, out var subnet)) return null;
            if (ipam.Gateway.Length == 0) ipam.Gateway = subnet.Text(subnet.First + 1);
            mine.Add(subnet);
            chosen.Add(ipam);
        }
        if (mine.Exists(s => !s.IsIPv6)) return chosen;

        var own = new IpamConfig();
        if (!FillFromPool(draft, own, [.. taken, .. mine])) return null;
        chosen.Insert(0, own);
        return chosen;
    }

    private static bool IsFree(IpamConfig ipam, List<Subnet> taken) =>
        Subnet.TryParse(ipam.Subnet, out var asked) && !taken.Exists(t => t.Overlaps(asked));

    /// <summary>
    /// The lowest subnet of the swarm's address pools that touches no other, and nothing that a node has a route to. Where nodes' routes
    /// fill the pools (a company's 10.0.0.0/8, or a node that lies) they are passed over, or there were no more networks.
    /// </summary>
    private static bool FillFromPool(SwarmDraft draft, IpamConfig ipam, List<Subnet> taken)
    {
        var around = NodeSubnets.In(draft.Nodes.Select(n => n.Value)).Select(s => s.Subnet).Distinct();
        return Fill(draft, ipam, [.. taken, .. around]) || Fill(draft, ipam, taken);
    }

    private static bool Fill(SwarmDraft draft, IpamConfig ipam, List<Subnet> taken)
    {
        var length = draft.Cluster?.SubnetSize is > 0 and <= 30 and var size ? (int)size : 24;
        IEnumerable<string> pools = draft.Cluster?.DefaultAddressPool is { Count: > 0 } own ? own : ["10.0.0.0/8"];
        foreach (var text in pools)
        {
            if (!Subnet.TryParse(text, out var pool) || pool.IsIPv6 || pool.Length > length) continue;
            var candidate = pool with { Length = length };
            while (candidate.Last <= pool.Last)
            {
                var obstacle = taken.FindIndex(t => t.Overlaps(candidate));
                if (obstacle < 0)
                {
                    ipam.Subnet = candidate.ToString();
                    ipam.Gateway = candidate.Text(candidate.First + 1);
                    return true;
                }
                var beyond = UInt128.Max(taken[obstacle].Last, candidate.Last) + 1;
                // Up to the next multiple of the subnet's size.
                candidate = candidate with { First = (beyond + candidate.Size - 1) / candidate.Size * candidate.Size };
            }
        }
        return false;
    }
}
