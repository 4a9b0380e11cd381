using System.Globalization;

namespace Skein.Agent.Networks;

/// <summary>
/// What our devices are called, within the kernel's 15 characters. A fresh daemon recognises its own by these names, and
/// finds whose they are: nothing about them is written down.
/// </summary>
internal static class DeviceNames
{
    public const string FabricSpace = "skein-fabric";
    public const string IngressSpace = "skein-ingress";

    private const string GatewayPrefix = "sk-";
    private const string BridgePrefix = "skb";

    public static string Bridge(uint vni) => string.Create(CultureInfo.InvariantCulture, $"br-{vni}");

    public static string Vxlan(uint vni) => string.Create(CultureInfo.InvariantCulture, $"vx-{vni}");

    /// <summary>The fabric's end of a container's leg.</summary>
    public static string FabricPort(string containerId, int leg)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"s{leg}-");
        return prefix + Short(containerId, 15 - prefix.Length);
    }

    /// <summary>The host's end of a container's leg on docker_gwbridge.</summary>
    public static string GatewayPort(string containerId) => GatewayPrefix + Short(containerId, 12);

    public static bool IsGatewayPort(string name) => name.StartsWith(GatewayPrefix, StringComparison.Ordinal);

    public static bool IsFabricPort(string name)
    {
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        return dash >= 2 && name[0] == 's' && int.TryParse(name.AsSpan(1, dash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }

    /// <summary>The VNI of one of our bridges or vxlan devices; null for any other device.</summary>
    public static uint? VniOf(string name) =>
        (name.StartsWith("br-", StringComparison.Ordinal) || name.StartsWith("vx-", StringComparison.Ordinal))
        && uint.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var vni)
            ? vni
            : null;

    /// <summary>The host's end of a leg on a bridge of the host's own. A leg keeps its number as long as it is connected.</summary>
    public static string BridgePort(string containerId, uint leg)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{BridgePrefix}{leg}-");
        return prefix + Short(containerId, 15 - prefix.Length);
    }

    public static bool IsBridgePort(string name) => name.StartsWith(BridgePrefix, StringComparison.Ordinal) && name.Contains('-');

    private static string Short(string containerId, int length) => containerId.Length <= length ? containerId : containerId[..length];
}
