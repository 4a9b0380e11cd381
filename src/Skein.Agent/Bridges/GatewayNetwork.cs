using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Bridges;

/// <summary>
/// docker_gwbridge, by which tasks leave the host. The swarm makes it, or finds the one that the user has made for it, with a subnet and
/// options of his own: Docker's documented way. Pure.
/// </summary>
internal static class GatewayNetwork
{
    /// <summary>Where each of Docker's pools is somewhere else already, as where a company routes all private addresses.</summary>
    public const string LastResort = "172.18.0.0/16";

    public static LocalNetwork OfSwarm() => new() { Name = KnownNetworks.GatewayBridge, OfSwarm = true };

    /// <summary>What holds of this one, whoever makes it.</summary>
    /// <exception cref="SkeinException">It could not do what it is for.</exception>
    public static void Complete(LocalNetwork network)
    {
        var options = network.Options;
        if (network.Driver is not ("" or "bridge")) throw SkeinException.NotImplemented($"{KnownNetworks.GatewayBridge} is a bridge: the driver {network.Driver} is not supported for it");
        if (network.Internal) throw SkeinException.NotImplemented($"{KnownNetworks.GatewayBridge} cannot be internal: it is the way out of tasks");
        if (network.Ipv6) throw SkeinException.NotImplemented($"IPv6 on {KnownNetworks.GatewayBridge} is not supported: published ports and the way out of tasks are IPv4");
        if (options.TryGetValue(BridgeOptions.Name, out var device) && device != KnownNetworks.GatewayBridge) throw SkeinException.NotImplemented($"another device than {KnownNetworks.GatewayBridge} is not supported for the network of this name");
        if (options.ContainsKey(BridgeOptions.HostBinding)) throw SkeinException.NotImplemented($"the option \"{BridgeOptions.HostBinding}\" is not supported for {KnownNetworks.GatewayBridge}: services publish on all addresses");
        if (BridgeOptions.Flag(options, BridgeOptions.Icc, otherwise: false)) throw SkeinException.NotImplemented($"tasks do not reach each other by {KnownNetworks.GatewayBridge}: leave {BridgeOptions.Icc} out, or false");
        options[BridgeOptions.Name] = KnownNetworks.GatewayBridge;
        options.TryAdd(BridgeOptions.Icc, "false");
        options.TryAdd(BridgeOptions.Masquerade, "true");
    }
}
