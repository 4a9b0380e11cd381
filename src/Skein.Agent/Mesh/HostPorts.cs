using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>Which ports of this host lead into which container, or into the mesh. Each is given to one target only.</summary>
internal sealed partial class HostPorts(NetworkNamespace host, ILogger log) : IDisposable
{
    private const string IngressOwner = "ingress";

    private readonly PortReservations _ports = new(host);
    private readonly IReadOnlyList<HostPort> _adopted = PublishedMapReader.Read(host);
    private readonly ILogger _log = log;

    // Replaced whole: `docker info` reads it from elsewhere.
    private volatile IReadOnlySet<TransportPort> _refused = new HashSet<TransportPort>();

    /// <summary>Which of the mesh's ports somebody else has.</summary>
    public IReadOnlyList<string> Warnings =>
    [
        .. _refused.OrderBy(port => port.Port).ThenBy(port => port.Protocol)
            .Select(port => $"port {port.Port}/{port.ProtocolName} is in use by a program of this host: the mesh does not publish it here"),
    ];

    /// <summary>The container's ports in mode host, those that were left open chosen.</summary>
    /// <exception cref="SkeinException">Another has one of them, in Docker's words.</exception>
    public IReadOnlyList<PortConfig> HoldFor(ContainerServices container)
    {
        var wanted = container.Spec.Ports.Where(p => p.PublishMode == PublishMode.Host).ToList();
        var given = wanted.Where(p => p.PublishedPort != 0).Select(MeshView.PublishedOf).ToHashSet();
        var bound = new List<PortConfig>();
        foreach (var port in wanted.Select(p => p.Clone()))
        {
            if (port.PublishedPort == 0) port.PublishedPort = Chosen(container, port, given);
            else Hold(container, MeshView.PublishedOf(port));
            bound.Add(port);
        }
        return bound;
    }

    public void Release(string containerId) => ReleaseAll(containerId, _ => true);

    /// <summary>The mesh's ports that are free on this host; on one that is not, the program that has it goes on being reached.</summary>
    public IReadOnlyList<TransportPort> HoldForMesh(IReadOnlySet<TransportPort> wanted)
    {
        ReleaseAll(IngressOwner, port => !wanted.Contains(port));
        var held = new List<TransportPort>();
        var refused = new HashSet<TransportPort>();
        foreach (var port in wanted)
        {
            if (_ports.TryHold(port, IngressOwner)) held.Add(port);
            else refused.Add(port);
        }
        foreach (var port in refused.Except(_refused)) LogPortTaken(port.Port, port.ProtocolName);
        _refused = refused;
        return held;
    }

    public void ReleaseMesh() => HoldForMesh(new HashSet<TransportPort>());

    public void Dispose() => _ports.Dispose();

    private void Hold(ContainerServices container, TransportPort port)
    {
        var spec = container.Spec;
        if (_ports.TryHold(port, spec.ContainerId)) return;
        throw SkeinException.Conflict(
            $"driver failed programming external connectivity on endpoint {spec.Name} ({spec.ContainerId}): Bind for 0.0.0.0:{port.Port} failed: port is already allocated");
    }

    // The port it has now; or had before the daemon came back; or a new one.
    private ushort Chosen(ContainerServices container, PortConfig wanted, HashSet<TransportPort> given)
    {
        var owner = container.Spec.ContainerId;
        var now = container.HostPorts.Where(p => p.TargetPort == wanted.TargetPort).Select(MeshView.PublishedOf);
        var before = _adopted.Where(p => p.Port == wanted.TargetPort && p.Address.Equals(container.Gateway)).Select(p => p.Published);
        foreach (var port in now.Concat(before).Where(p => p.Protocol == wanted.Protocol && !given.Contains(p)))
        {
            if (_ports.TryHold(port, owner) && given.Add(port)) return port.Port;
        }
        var fresh = _ports.HoldAny(wanted.Protocol, owner);
        given.Add(fresh);
        return fresh.Port;
    }

    private void ReleaseAll(string owner, Predicate<TransportPort> no)
    {
        foreach (var port in _ports.HeldBy(owner).Where(port => no(port))) _ports.Release(port, owner);
    }

    [LoggerMessage(4203, LogLevel.Warning, "Port {Port}/{Protocol} is in use by a program of this host: the mesh does not publish it here")]
    private partial void LogPortTaken(int port, string protocol);
}
