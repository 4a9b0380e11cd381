using System.Net;

namespace Skein.Linux.Conntrack;

/// <param name="To">Where the first packet was sent.</param>
/// <param name="Replier">Who answers it, which is another where it was translated.</param>
public readonly record struct UdpFlow(IPEndPoint To, IPEndPoint Replier);
