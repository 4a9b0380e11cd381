using System.Globalization;
using System.Net;
using Skein.Agent.Mesh;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>A port of a container that is to be published.</summary>
/// <param name="HostAddress">null = the network's own choice, which is every address of the host.</param>
/// <param name="First">0 = any port of the host; else one of First to Last.</param>
internal readonly record struct PortWish(TransportPort Target, IPAddress? HostAddress, ushort First, ushort Last)
{
    /// <summary>Those of `-p`, and those of `-P`: exposed ports that no `-p` names.</summary>
    public static IReadOnlyList<PortWish> Of(StandaloneSpec spec)
    {
        var named = spec.PortBindings.Select(Of).ToList();
        if (!spec.PublishAllPorts) return named;
        var taken = named.Select(wish => wish.Target).ToHashSet();
        return [.. named, .. spec.ExposedPorts.Select(Exposed).Where(taken.Add).Select(target => new PortWish(target, null, 0, 0))];
    }

    private static PortWish Of(PortBinding binding)
    {
        if (binding.Port is 0 or > ushort.MaxValue) throw SkeinException.Invalid($"invalid port specification: \"{binding.Port}\"");
        IPAddress? address = null;
        if (binding.HostIp.Length > 0 && !IPAddress.TryParse(binding.HostIp, out address)) throw SkeinException.Invalid($"invalid host address in port binding: {binding.HostIp}");
        var (first, last) = Range(binding.HostPort);
        return new PortWish(new TransportPort(ProtocolOf(binding.Protocol), (ushort)binding.Port), address, first, last);
    }

    // "80", "8000-8010", or nothing.
    private static (ushort First, ushort Last) Range(string text)
    {
        if (text.Length == 0) return (0, 0);
        var dash = text.IndexOf('-');
        var (first, last) = dash < 0 ? (text, text) : (text[..dash], text[(dash + 1)..]);
        return ushort.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && ushort.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            && from <= to
            ? (from, to)
            : throw SkeinException.Invalid($"invalid port specification: \"{text}\"");
    }

    /// <summary>What an image exposes is its maker's word: what is no port in it is nobody's.</summary>
    /// <param name="texts">"80/tcp"</param>
    public static IEnumerable<TransportPort> ExposedBy(IEnumerable<string> texts) => texts.Select(TryExposed).OfType<TransportPort>().Distinct();

    private static TransportPort Exposed(string text) => TryExposed(text) ?? throw SkeinException.Invalid($"invalid port specification: \"{text}\"");

    private static TransportPort? TryExposed(string text)
    {
        var slash = text.IndexOf('/');
        var number = slash < 0 ? text : text[..slash];
        return ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 && TryProtocol(slash < 0 ? "" : text[(slash + 1)..]) is { } protocol
            ? new TransportPort(protocol, port)
            : null;
    }

    public static PortProtocol ProtocolOf(string text) => TryProtocol(text) ?? throw SkeinException.Invalid($"invalid proto: {text}");

    private static PortProtocol? TryProtocol(string text) => text.ToLowerInvariant() switch
    {
        "" or "tcp" => PortProtocol.Tcp,
        "udp" => PortProtocol.Udp,
        "sctp" => PortProtocol.Sctp,
        _ => null,
    };
}
