using System.Globalization;
using System.Net;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Api.Networks;

/// <summary>
/// What Docker's daemon looks at before it hands a network on to the swarm, in its words; and what is not supported, which
/// must not be taken in silence: a network asked to be encrypted would carry everything in clear.
/// </summary>
internal static class NetworkCreateCheck
{
    private const int NameLimit = 255;
    private const string MtuOption = "com.docker.network.driver.mtu";

    public static void Check(NetworkCreateJson wanted)
    {
        if (wanted.Name is "bridge" or "host" or "none" or "default")
            throw new SkeinException(ErrorKind.Forbidden, $"operation is not permitted on predefined {wanted.Name} network");
        if (wanted.ConfigOnly || wanted.ConfigFrom?.Network is { Length: > 0 })
            throw SkeinException.NotImplemented("networks from a configuration are not supported yet");
        if (wanted.Driver is "host" or "null") throw new SkeinException(ErrorKind.Forbidden, $"only one instance of \"{wanted.Driver}\" network is allowed");
        if (!wanted.IsOfHost && wanted.Driver is not "overlay")
            throw SkeinException.NotImplemented($"networks of the driver \"{wanted.Driver}\" are not supported: use --driver bridge, macvlan or overlay");
        if (wanted.IsOfHost) CheckBridge(wanted);
        else if (wanted.Scope is "local") throw SkeinException.NotImplemented("overlay networks of the scope \"local\" are not supported");
        if (wanted.EnableIPv4 == false) throw SkeinException.NotImplemented("networks without IPv4 are not supported");
        if (wanted.IPAM?.Driver is { Length: > 0 } ipam and not "default")
            throw SkeinException.NotImplemented($"the IPAM driver \"{ipam}\" is not supported");
        if (wanted.IPAM?.Options is { Count: > 0 } options)
            throw SkeinException.NotImplemented($"the option \"{options.Keys.First()}\" of the IPAM driver is not supported");
        if (!wanted.IsOfHost) CheckOptions(wanted.Options ?? new Dictionary<string, string>());
        CheckAddresses(wanted);
    }

    private static void CheckBridge(NetworkCreateJson wanted)
    {
        if (string.IsNullOrWhiteSpace(wanted.Name)) throw SkeinException.Invalid("invalid name: name is empty");
        if (wanted.Name.Length > NameLimit || wanted.Name.Any(char.IsControl)) throw SkeinException.Invalid($"invalid name: at most {NameLimit} characters, and none of control");
        if (wanted.Scope is not (null or "" or "local")) throw SkeinException.NotImplemented($"networks of the host of the scope \"{wanted.Scope}\" are not supported");
        if (wanted.Ingress) throw SkeinException.Invalid("only overlay driver is currently supported for ingress network");
        if ((wanted.IPAM?.Config ?? []).Any(config => config.Subnet is null or "" && (config.Gateway ?? config.IPRange) is { Length: > 0 }))
            throw SkeinException.Invalid("invalid network config:\ninvalid subnet : invalid CIDR block notation");
    }

    private static void CheckOptions(IReadOnlyDictionary<string, string> options)
    {
        if (options.ContainsKey("encrypted")) throw SkeinException.NotImplemented("encrypted overlay networks are not supported yet");
        if (options.TryGetValue(MtuOption, out var mtu) && !uint.TryParse(mtu, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw SkeinException.Invalid($"invalid MTU value: {mtu}");
        if (options.TryGetValue(NetworkSpecValidation.VniOption, out var vnis)) CheckVnis(vnis);
        if (options.Keys.FirstOrDefault(o => o is not (MtuOption or NetworkSpecValidation.VniOption)) is { } unknown)
            throw SkeinException.NotImplemented($"the option \"{unknown}\" of the driver overlay is not supported");
    }

    // Docker numbers each of a network's subnets; here a network has one number.
    private static void CheckVnis(string list)
    {
        if (list.Contains(','))
            throw SkeinException.NotImplemented("more than one vxlan id for a network is not supported: its subnets share one");
        if (!NetworkSpecValidation.TryParseVni(list, out _)) throw SkeinException.Invalid($"invalid vxlan id value \"{list}\" passed");
    }

    private static void CheckAddresses(NetworkCreateJson wanted)
    {
        var errors = (wanted.IPAM?.Config ?? []).SelectMany(config => Errors(config, wanted.EnableIPv6 ?? false)).ToList();
        if (errors.Count > 0)
            throw SkeinException.Invalid("invalid network config:\n" + (errors.Count == 1 ? errors[0] : string.Join('\n', errors.Select(e => "* " + e))));
    }

    /// <summary>What is no subnet at all is left to the swarm's own check.</summary>
    private static IEnumerable<string> Errors(NetworkJson.IpamConfigJson config, bool ipv6)
    {
        if (!NetworkSpecValidation.TryParse(config.Subnet ?? "", out var subnet)) yield break;
        if (!ipv6 && subnet.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork) yield break;
        if (HasHostBits(config.Subnet!, subnet)) yield return $"invalid subnet {config.Subnet}: it should be {subnet}";
        foreach (var error in RangeErrors(config.IPRange ?? "", subnet)) yield return error;
        if (AddressError(config.Gateway, subnet) is { } gateway) yield return $"invalid gateway {config.Gateway}: {gateway}";
        foreach (var (name, address) in config.AuxiliaryAddresses ?? new Dictionary<string, string>())
        {
            if (AddressError(address, subnet) is { } error) yield return $"invalid auxiliary address {name}: {error}";
        }
    }

    private static IEnumerable<string> RangeErrors(string text, IPNetwork subnet)
    {
        if (!NetworkSpecValidation.TryParse(text, out var range)) yield break;
        if (range.BaseAddress.AddressFamily != subnet.BaseAddress.AddressFamily)
        {
            yield return $"invalid ip-range {text}: parent subnet is an IPv{Family(subnet)} block";
            yield break;
        }
        if (range.PrefixLength < subnet.PrefixLength) yield return $"invalid ip-range {text}: CIDR block is bigger than its parent subnet {subnet}";
        if (HasHostBits(text, range)) yield return $"invalid ip-range {text}: it should be {range}";
        if (!subnet.Contains(range.BaseAddress) && !range.Contains(subnet.BaseAddress))
            yield return $"invalid ip-range {text}: parent subnet {subnet} doesn't contain ip-range";
    }

    /// <summary>An address of IPv6 has many spellings, one of IPv4 a single one.</summary>
    private static bool HasHostBits(string text, IPNetwork network) => Family(network) == 4
        ? network.ToString() != text
        : !network.BaseAddress.Equals(IPAddress.Parse(text.AsSpan(0, text.IndexOf('/'))));

    private static string? AddressError(string? text, IPNetwork subnet)
    {
        if (!IPAddress.TryParse(text, out var address)) return null;
        if (address.AddressFamily != subnet.BaseAddress.AddressFamily) return $"parent subnet is an IPv{Family(subnet)} block";
        return subnet.Contains(address) ? null : $"parent subnet {subnet} doesn't contain this address";
    }

    private static int Family(IPNetwork subnet) => subnet.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 6;
}
