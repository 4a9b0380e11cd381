using System.Globalization;
using System.Net;

namespace Skein.Model.Validation;

/// <summary>What can be said of a network's spec without looking at other networks, in swarmkit's words.</summary>
public static class NetworkSpecValidation
{
    public const string VniOption = "com.docker.network.driver.overlay.vxlanid_list";

    /// <summary>RFC 7348: 24 bits.</summary>
    public const uint LastVni = (1u << 24) - 1;

    public static bool TryParseVni(string text, out uint vni) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out vni) && vni is > 0 and <= LastVni;

    public static void Check(NetworkSpec spec)
    {
        if (spec.Attachable && spec.Ingress) throw RpcError.InvalidArgument("ingress network cannot be attachable");
        AnnotationsValidation.Check(spec.Annotations);
        CheckDriver(spec);
        foreach (var ipam in spec.Ipam) CheckIpam(ipam);
    }

    private static void CheckDriver(NetworkSpec spec)
    {
        if (spec.Driver is "" or "overlay") return;
        throw spec.Ingress
            ? RpcError.Unimplemented("only overlay driver is currently supported for ingress network")
            : RpcError.InvalidArgument($"error during lookup of plugin {spec.Driver}");
    }

    private static void CheckIpam(IpamConfig ipam)
    {
        if (!TryParse(ipam.Subnet, out var subnet)) throw RpcError.InvalidArgument($"ipam configuration: invalid subnet {ipam.Subnet}");
        CheckRange(ipam, subnet);
        if (ipam.Gateway.Length == 0) return;
        if (!IPAddress.TryParse(ipam.Gateway, out var gateway))
            throw RpcError.InvalidArgument($"ipam configuration: invalid gateway {ipam.Gateway}");
        if (!subnet.Contains(gateway))
            throw RpcError.InvalidArgument($"ipam configuration: subnet {ipam.Subnet} does not contain gateway {ipam.Gateway}");
    }

    private static void CheckRange(IpamConfig ipam, IPNetwork subnet)
    {
        if (ipam.IpRange.Length == 0) return;
        if (!TryParse(ipam.IpRange, out var range)) throw RpcError.InvalidArgument($"ipam configuration: invalid range {ipam.IpRange}");
        if (!subnet.Contains(range.BaseAddress))
            throw RpcError.InvalidArgument($"ipam configuration: subnet {ipam.Subnet} does not contain range {ipam.IpRange}");
    }

    /// <summary>An address with a prefix length; bits beyond the prefix are dropped, as Docker does.</summary>
    public static bool TryParse(string cidr, out IPNetwork network)
    {
        network = default;
        var slash = cidr.IndexOf('/');
        if (slash < 0 || !IPAddress.TryParse(cidr.AsSpan(0, slash), out var address)) return false;
        if (!int.TryParse(cidr.AsSpan(slash + 1), out var length)) return false;
        var bytes = address.GetAddressBytes();
        if (length < 0 || length > bytes.Length * 8) return false;
        for (var bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }
}
