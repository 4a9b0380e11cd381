using System.Text.Json;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>Whether one expression of a rule holds for a packet: yes, no, or null for what cannot be told from here.</summary>
internal static class RuleMatch
{
    // Of iptables' own matches libnftables tells the name alone. That of connection tracking is everywhere the line for what is
    // established; a comment always holds.
    private const string XtConntrack = "conntrack", XtState = "state", XtComment = "comment";

    public static bool? Holds(JsonElement expression, PacketNeed packet)
    {
        if (expression.TryGetProperty("xt", out var xt)) return Xt(xt);
        if (expression.TryGetProperty("limit", out _)) return null;
        if (!expression.TryGetProperty("match", out var match)) return true;   // a counter, a log: no condition
        var holds = Holds(match.GetProperty("left"), match.GetProperty("right"), packet);
        return match.GetProperty("op").GetString() == "!=" ? !holds : holds;
    }

    private static bool? Xt(JsonElement xt)
    {
        if (xt.ValueKind != JsonValueKind.Object || !xt.TryGetProperty("type", out var type) || !xt.TryGetProperty("name", out var name)) return null;
        if (type.GetString() != "match") return true;
        return name.GetString() switch
        {
            XtConntrack or XtState => false,
            XtComment => true,
            _ => null,
        };
    }

    private static bool? Holds(JsonElement left, JsonElement right, PacketNeed packet)
    {
        if (left.ValueKind != JsonValueKind.Object) return null;
        if (left.TryGetProperty("meta", out var meta)) return Meta(meta.GetProperty("key").GetString(), right, packet);
        if (left.TryGetProperty("ct", out var ct)) return Ct(ct.GetProperty("key").GetString(), right, packet);
        return left.TryGetProperty("payload", out var payload) && payload.TryGetProperty("protocol", out var protocol)
            ? Payload(protocol.GetString(), payload.GetProperty("field").GetString(), right, packet)
            : null;
    }

    private static bool? Meta(string? key, JsonElement right, PacketNeed packet) => key switch
    {
        "iifname" or "iif" => Interface(right, packet.From),
        "oifname" or "oif" => Interface(right, packet.To),
        "l4proto" => Protocol(right, packet),
        "nfproto" => RuleValue.Any(right, value => value.GetString() == "ipv4"),
        _ => null,
    };

    /// <param name="name">Null: one of the host's own, of which only loopback is known not to be it.</param>
    private static bool? Interface(JsonElement right, string? name) => name is not null
        ? RuleValue.Any(right, value => RuleValue.IsName(value, name))
        : RuleValue.Any(right, value => value.GetString() != "lo") == false ? false : null;

    private static bool? Protocol(JsonElement right, PacketNeed packet) =>
        packet.Port is { } port ? RuleValue.Any(right, value => value.ToString() == port.ProtocolName) : null;

    private static bool? Ct(string? key, JsonElement right, PacketNeed packet) => key switch
    {
        "state" => RuleValue.Any(right, value => value.GetString() == "new"),
        "status" => RuleValue.Any(right, value => value.GetString() == "dnat") == true ? packet.Translated : null,
        _ => null,
    };

    private static bool? Payload(string? protocol, string? field, JsonElement right, PacketNeed packet)
    {
        if (packet.Port is not { } port) return null;
        if (protocol == "ip" && field == "protocol") return Protocol(right, packet);
        if (protocol is "icmp" or "icmpv6" or "ip6") return false;
        if (protocol is "tcp" or "udp" && protocol != port.ProtocolName) return false;
        return field == "dport" && protocol is "tcp" or "udp" or "th" ? RuleValue.Any(right, value => RuleValue.IsNumber(value, port.Port)) : null;
    }
}
