using System.Net;

namespace Skein.Agent.Mesh;

/// <summary>One VIP and whom it stands for. Without backends it is refused at once, so that a client need not wait.</summary>
internal sealed record BalancerSpec(IPAddress Vip, IReadOnlyList<IPAddress> Backends);
