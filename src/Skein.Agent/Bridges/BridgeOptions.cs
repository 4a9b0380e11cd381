using System.Globalization;
using System.Net;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Bridges;

/// <summary>The options of Docker's driver "bridge", as `docker network create -o` names them.</summary>
public static class BridgeOptions
{
    public const string Name = "com.docker.network.bridge.name";
    public const string Icc = "com.docker.network.bridge.enable_icc";
    public const string Masquerade = "com.docker.network.bridge.enable_ip_masquerade";
    public const string HostBinding = "com.docker.network.bridge.host_binding_ipv4";
    public const string DefaultBridge = "com.docker.network.bridge.default_bridge";
    public const string Mtu = "com.docker.network.driver.mtu";

    private const int NameLimit = 15;   // the kernel's IFNAMSIZ, less the end
    private const uint MtuLimit = 65535;

    /// <exception cref="SkeinException">One that has no meaning here, or no value.</exception>
    public static void Check(IEnumerable<KeyValuePair<string, string>> options)
    {
        foreach (var (name, value) in options) Check(name, value);
    }

    /// <summary>As Go's strconv.ParseBool; what is not set is as the driver has it.</summary>
    public static bool Flag(IDictionary<string, string> options, string name, bool otherwise) =>
        options.TryGetValue(name, out var text) && GoBool.TryParse(text, out var value) ? value : otherwise;

    private static void Check(string name, string value)
    {
        switch (name)
        {
            case Name when value.Length is 0 or > NameLimit || value.Any(c => c is '/' or ' ' or ':' || char.IsControl(c)) || value is "." or "..":
                throw SkeinException.Invalid($"invalid bridge name \"{value}\"");
            case Icc or Masquerade when !GoBool.TryParse(value, out _):
                throw SkeinException.Invalid($"failed to parse {name} value: \"{value}\" (strconv.ParseBool: parsing \"{value}\": invalid syntax)");
            case HostBinding when !IPAddress.TryParse(value, out var address) || address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork:
                throw SkeinException.Invalid($"failed to parse {name} value: \"{value}\" (nil ip)");
            case Mtu when !uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var mtu) || mtu is < 68 or > MtuLimit:
                throw SkeinException.Invalid($"invalid MTU number: {value}");
            case Name or Icc or Masquerade or HostBinding or Mtu:
                return;
            default:
                throw SkeinException.NotImplemented($"the option \"{name}\" of the driver bridge is not supported");
        }
    }
}
