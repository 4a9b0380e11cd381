using System.Collections.Immutable;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>One leg to be made: an end in the container, an end in the fabric's bridge or in docker_gwbridge.</summary>
/// <param name="Port">Name of the other end.</param>
/// <param name="Bridge">Its bridge's index, in the fabric or on the host.</param>
internal sealed record LegSpec(
    string Interface,
    string Port,
    int Bridge,
    uint Mtu,
    MacAddress Mac,
    ImmutableArray<InterfaceAddress> Addresses,
    bool OnGateway,
    bool Isolated);
