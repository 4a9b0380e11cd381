using System.Net;
using Skein.Agent.Mesh;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>What nftables and the kernel's parameters do for the host's own bridges.</summary>
/// <param name="execRoot">For what is to be remembered until the host boots again.</param>
internal sealed class BridgeTables(NetworkNamespace host, string execRoot)
{
    private readonly NamespaceTable _ipv4 = new(host, BridgeRuleset.Table(ipv6: false), BridgeRuleset.TableName);
    private readonly NamespaceTable _ipv6 = new(host, BridgeRuleset.Table(ipv6: true), BridgeRuleset.TableName);
    private readonly HostForwarding _forwarding = new(host, Path.Combine(execRoot, "forwarding"));
    private readonly HostForwarding _forwardingIPv6 = new(host, Path.Combine(execRoot, "forwarding6"), HostForwarding.SwitchIPv6);
    private readonly UdpFlows _flows = new(host), _flowsIPv6 = new(host, ipv6: true);
    private IReadOnlyList<(string, string)> _sysctls = [];

    // Until it is known what the last daemon has left.
    private bool _withIPv6 = true;

    public void Program(IReadOnlyList<BridgeSpec> bridges, IReadOnlyList<PublishedEnd> ends, IReadOnlyList<LinkOpening> links)
    {
        // The last table stays: without it a host that is a router by us would be everybody's.
        if (bridges.Count == 0 && ends.Count == 0 && !_ipv4.IsProgrammed) return;
        var withIPv6 = bridges.Where(bridge => bridge.HasIPv6).ToList();
        // What is published on docker_gwbridge alone is the swarm's table's to pass on.
        if (bridges.Count > 0) _forwarding.Claim();
        if (withIPv6.Count > 0) _forwardingIPv6.Claim();
        _ipv4.Apply(BridgeRuleset.Render(bridges, ends, _forwarding.ByUs, ipv6: false, links));
        if (withIPv6.Count == 0) RemoveIPv6();
        else if (_ipv6.Apply(BridgeRuleset.Render(withIPv6, ends, _forwardingIPv6.ByUs, ipv6: true, links))) _withIPv6 = true;
        // Behind the tables: nothing is passed on before they say what may be.
        _sysctls = [.. SysctlsOf(bridges, withIPv6)];
        Sysctl.Set(host, _sysctls);
        _flows.Follow(LedBy(ends, ipv6: false));
        _flowsIPv6.Follow(LedBy(ends, ipv6: true));
    }

    /// <returns>What was not as it had been programmed, and was put right.</returns>
    public IReadOnlyList<string> Verify()
    {
        NamespaceTable[] tables = [_ipv4, _ipv6];
        return [.. Sysctl.Set(host, _sysctls), .. tables.Where(table => !table.Verify()).Select(table => table.Name)];
    }

    /// <summary>With its last network; the host passes nothing on any more before it goes.</summary>
    private void RemoveIPv6()
    {
        if (!_withIPv6) return;
        _forwardingIPv6.GiveBack();
        _ipv6.Remove();
        _withIPv6 = false;
    }

    private static Dictionary<IPEndPoint, HashSet<IPEndPoint>> LedBy(IEnumerable<PublishedEnd> ends, bool ipv6) => ends
        .Where(end => end.Host.Port.Protocol == PortProtocol.Udp && end.Host.IsIPv6 == ipv6)
        .ToLookup(end => new IPEndPoint(end.Host.Address, end.Host.Port.Port))
        .ToDictionary(led => led.Key, led => led.Select(end => new IPEndPoint(end.Address, end.Port)).ToHashSet());

    private static IEnumerable<(string, string)> SysctlsOf(IReadOnlyList<BridgeSpec> bridges, IReadOnlyList<BridgeSpec> withIPv6)
    {
        yield return ("net/ipv4/ip_forward", "1");
        if (withIPv6.Count > 0) yield return (HostForwarding.SwitchIPv6, "1");
        foreach (var bridge in bridges)
        {
            yield return ($"net/ipv4/conf/{bridge.Device}/forwarding", "1");
            yield return ($"net/ipv4/conf/{bridge.Device}/route_localnet", "1");
        }
    }
}
