using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>The fabric's end of a leg of a container on this host.</summary>
internal sealed record LocalPort(string Device, string NetworkId, MacAddress Mac);
