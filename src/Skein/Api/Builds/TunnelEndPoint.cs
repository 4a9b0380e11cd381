using System.Net;

namespace Skein.Api.Builds;

/// <summary>Where Kestrel listens for connections that are HTTP/2 inside others.</summary>
internal sealed class TunnelEndPoint : EndPoint
{
    public override string ToString() => "tunnel";
}
