using System.Net;

namespace Skein.NodeLife;

/// <param name="Device">Of the host's network devices.</param>
internal sealed record HostAddress(string Device, IPAddress Address);
