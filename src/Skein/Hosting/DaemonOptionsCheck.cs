using System.Net;
using System.Net.Sockets;
using Skein.Agent.Bridges;
using Skein.Agent.Images;
using Skein.Linux.Netlink;
using Skein.Model;
using Skein.Model.Logging;
using Skein.Model.Specs;

namespace Skein.Hosting;

/// <summary>What would fail later, or far from its cause, is said before anything starts.</summary>
internal static class DaemonOptionsCheck
{
    private const int SmallestSubnet = 29;

    /// <exception cref="SkeinException">An option's value is of no use; the message names it.</exception>
    public static DaemonOptions Checked(this DaemonOptions options)
    {
        EngineListeners.Check(options.Hosts);
        RequireAbsolute("data-root", options.DataRoot);
        RequireAbsolute("exec-root", options.ExecRoot);
        RequireAbsolute("containerd", options.Containerd);
        RequireAbsolute("buildkit", options.BuildKit);
        foreach (var mirror in options.RegistryMirrors)
        {
            if (!Uri.TryCreate(mirror, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                throw SkeinException.Invalid($"invalid mirror: \"{mirror}\" must be http://HOST or https://HOST");
            if (uri.Query.Length + uri.Fragment.Length > 0) throw SkeinException.Invalid($"invalid mirror: query, or fragment at end of the URI \"{mirror}\"");
        }
        foreach (var registry in options.InsecureRegistries)
        {
            if (!IPNetwork.TryParse(registry, out _) && !IsHost(registry))
                throw SkeinException.Invalid($"insecure registry {registry} is not valid: invalid host \"{registry}\"");
        }
        if (options.MaxConcurrentDownloads < 0) throw SkeinException.Invalid($"invalid max concurrent downloads: {options.MaxConcurrentDownloads}");
        if (options.MaxConcurrentUploads < 0) throw SkeinException.Invalid($"invalid max concurrent uploads: {options.MaxConcurrentUploads}");
        RequireLogDriver(options.DefaultLogDriver);
        RequireLabels(options.Labels);
        GenericResources.Parse(options.NodeGenericResources);
        if (options.AllowServices.FirstOrDefault(word => !ServiceGrants.Words.Contains(word)) is { } unknown)
            throw SkeinException.Invalid($"invalid allow-services: \"{unknown}\" must be one of {string.Join(", ", ServiceGrants.Words)}");
        foreach (var pool in options.DefaultAddressPools)
        {
            if (!IPNetwork.TryParse(pool.Base, out var network) || network.BaseAddress.AddressFamily != AddressFamily.InterNetwork)
                throw SkeinException.Invalid($"invalid base pool: \"{pool.Base}\" must be an IPv4 subnet such as 10.10.0.0/16");
            if (pool.Size < network.PrefixLength || pool.Size > SmallestSubnet)
                throw SkeinException.Invalid($"invalid size {pool.Size} of the pool {pool.Base}: from {network.PrefixLength} to {SmallestSubnet}");
        }
        RequireHostGateways(options.HostGatewayIps);
        RequireDefaultBridge(options.DefaultBridge);
        if (options.Dns?.Nameservers.FirstOrDefault(server => !IPAddress.TryParse(server, out _)) is { } server) throw SkeinException.Invalid($"invalid dns: \"{server}\" must be an address");
        // As Docker's: 0 is the default.
        return options with
        {
            MaxConcurrentDownloads = options.MaxConcurrentDownloads == 0 ? RegistryConfig.Default.MaxConcurrentDownloads : options.MaxConcurrentDownloads,
            MaxConcurrentUploads = options.MaxConcurrentUploads == 0 ? RegistryConfig.Default.MaxConcurrentUploads : options.MaxConcurrentUploads,
        };
    }

    private static void RequireDefaultBridge(DefaultBridge bridge)
    {
        const uint Least = 68, Most = 65535;
        if (bridge.Bip.Length > 0 && !(InterfaceAddress.TryParse(bridge.Bip, out var bip) && !bip.IsIPv6 && bip.Address.ToString() != bip.Network.BaseAddress.ToString()))
            throw SkeinException.Invalid($"invalid bip: \"{bridge.Bip}\" must be an IPv4 address with its subnet, such as 192.168.1.1/24");
        if (bridge.FixedCidr.Length > 0 && (bridge.Bip.Length == 0 || !IPNetwork.TryParse(bridge.FixedCidr, out var range) || !InterfaceAddress.Parse(bridge.Bip).Network.Contains(range.BaseAddress)))
            throw SkeinException.Invalid($"invalid fixed-cidr: \"{bridge.FixedCidr}\" must be a part of the subnet that bip names");
        if (bridge.FixedCidrV6.Length > 0 && (!IPNetwork.TryParse(bridge.FixedCidrV6, out var ipv6) || ipv6.BaseAddress.AddressFamily != AddressFamily.InterNetworkV6))
            throw SkeinException.Invalid($"invalid fixed-cidr-v6: \"{bridge.FixedCidrV6}\" must be an IPv6 subnet");
        if (!IPAddress.TryParse(bridge.Ip, out var address) || address.AddressFamily != AddressFamily.InterNetwork) throw SkeinException.Invalid($"invalid ip: \"{bridge.Ip}\" must be an IPv4 address");
        if (bridge.Mtu is < Least or > Most) throw SkeinException.Invalid($"invalid mtu: {bridge.Mtu} must be from {Least} to {Most}");
    }

    private static void RequireHostGateways(IReadOnlyList<string> texts)
    {
        var addresses = texts.Select(text => IPAddress.TryParse(text, out var address) ? address : throw SkeinException.Invalid($"invalid host-gateway-ip: \"{text}\" must be an address")).ToList();
        if (addresses.Count(address => address.AddressFamily == AddressFamily.InterNetwork) > 1) throw SkeinException.Invalid("only one IPv4 host gateway IP address can be specified");
        if (addresses.Count(address => address.AddressFamily == AddressFamily.InterNetworkV6) > 1) throw SkeinException.Invalid("only one IPv6 host gateway IP address can be specified");
    }

    private static bool IsHost(string text) =>
        !text.Contains('/') && !text.Contains('@') && Uri.TryCreate($"https://{text}", UriKind.Absolute, out var uri) && uri.PathAndQuery + uri.Fragment == "/";

    /// <summary>In Docker's words, which finds a driver that is not there with the first container only.</summary>
    private static void RequireLogDriver(LogDriver driver)
    {
        try
        {
            LogDriverValidation.Check(driver);
        }
        catch (SkeinException e)
        {
            throw SkeinException.Invalid($"failed to set log opts: {e.Message}");
        }
    }

    /// <summary>In Docker's words.</summary>
    private static void RequireLabels(IReadOnlyList<string> labels)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in labels)
        {
            var equals = label.IndexOf('=');
            if (equals < 0) throw SkeinException.Invalid($"bad attribute format: {label}");
            var before = first.GetValueOrDefault(label[..equals], label);
            if (before != label) throw SkeinException.Invalid($"conflict labels for {label} and {before}");
            first[label[..equals]] = label;
        }
    }

    // What runs beside the daemon, as containerd, has another working directory.
    private static void RequireAbsolute(string name, string path)
    {
        if (!path.StartsWith('/')) throw SkeinException.Invalid($"invalid {name}: \"{path}\" must be an absolute path");
    }
}
