using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>docker_gwbridge, which is one of the host's own networks: how containers of tasks leave the host, and how published ports enter.</summary>
public interface IGatewayBridge : IDisposable
{
    /// <summary>The bridge's index; 0 until it stands.</summary>
    int Index { get; }

    /// <summary>Of the legs on it.</summary>
    uint Mtu { get; }

    /// <summary>The host's address on it.</summary>
    InterfaceAddress Host { get; }

    /// <summary>Of the ingress namespace, the first that is a container's: no other has it.</summary>
    InterfaceAddress Ingress { get; }

    /// <summary>Makes the bridge, or takes over the one that is there with the subnet it has. May be repeated.</summary>
    /// <param name="mtu">The underlay's: of the legs, where the network names none.</param>
    /// <returns>What was not as an earlier call had left it; empty when all was.</returns>
    IReadOnlyList<string> Ensure(uint mtu);

    /// <summary>The same address for the same container, as long as it has it.</summary>
    /// <param name="present">What its namespace has already, if anything.</param>
    InterfaceAddress Hold(string containerId, InterfaceAddress? present);

    /// <summary>It has this one, also while the bridge is not looked at yet: nobody else is given it.</summary>
    void Keep(string containerId, InterfaceAddress address);

    void Release(string containerId);

    /// <summary>The host leaves the swarm. What its user has made stays, without legs.</summary>
    void Remove();
}
