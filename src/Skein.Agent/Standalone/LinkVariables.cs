using System.Globalization;
using System.Net;

namespace Skein.Agent.Standalone;

/// <summary>What the processes of a container find in their environment of one that it is linked to: Docker's names. Pure.</summary>
internal static class LinkVariables
{
    /// <param name="owner">Name of the container with the link.</param>
    /// <param name="exposed">"80/tcp"</param>
    /// <param name="environment">Of the one linked to.</param>
    public static IReadOnlyList<string> Of(string alias, string owner, IPAddress address, IEnumerable<string> exposed, IEnumerable<string> environment)
    {
        var prefix = alias.ToUpperInvariant().Replace('-', '_');
        var ports = exposed.Select(Parse).OrderBy(port => port.Protocol != "tcp").ThenBy(port => port.Protocol, StringComparer.Ordinal).ThenBy(port => port.Number).ToList();
        return
        [
            .. ports.Take(1).Select(port => $"{prefix}_PORT={port.Protocol}://{address}:{port.Number}"),
            .. ports.SelectMany(port => OfPort(NameOf(prefix, port), port, address)),
            .. Ranges(ports).SelectMany(range => OfRange(NameOf(prefix, range.First), range.First, range.Last, address)),
            $"{prefix}_NAME=/{owner}/{alias}",
            .. environment.Where(entry => entry.Contains('=') && entry.Split('=')[0] is not ("HOME" or "PATH")).Select(entry => $"{prefix}_ENV_{entry}"),
        ];
    }

    private static string NameOf(string prefix, (int Number, string Protocol) port) => $"{prefix}_PORT_{port.Number}_{port.Protocol.ToUpperInvariant()}";

    private static IEnumerable<string> OfPort(string name, (int Number, string Protocol) port, IPAddress address) =>
    [
        $"{name}={port.Protocol}://{address}:{port.Number}",
        $"{name}_ADDR={address}",
        $"{name}_PORT={port.Number}",
        $"{name}_PROTO={port.Protocol}",
    ];

    private static IEnumerable<string> OfRange(string name, (int Number, string Protocol) first, (int Number, string Protocol) last, IPAddress address) =>
    [
        $"{name}_START={first.Protocol}://{address}:{first.Number}",
        $"{name}_PORT_START={first.Number}",
        $"{name}_END={last.Protocol}://{address}:{last.Number}",
        $"{name}_PORT_END={last.Number}",
    ];

    /// <summary>Of at least two ports in a row.</summary>
    private static IEnumerable<((int Number, string Protocol) First, (int Number, string Protocol) Last)> Ranges(List<(int Number, string Protocol)> ports)
    {
        for (var first = 0; first < ports.Count;)
        {
            var last = first;
            while (last + 1 < ports.Count && ports[last + 1] == (ports[last].Number + 1, ports[first].Protocol)) last++;
            if (last > first) yield return (ports[first], ports[last]);
            first = last + 1;
        }
    }

    private static (int Number, string Protocol) Parse(string port) => port.Split('/') is [var number, var protocol]
        ? (int.Parse(number, CultureInfo.InvariantCulture), protocol)
        : (int.Parse(port, CultureInfo.InvariantCulture), "tcp");
}
