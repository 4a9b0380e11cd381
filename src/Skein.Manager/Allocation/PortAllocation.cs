using Skein.Manager.Drafts;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>
/// The ports of the mesh. Each belongs to one service; those asked for as 0 get the lowest free of 30000 to 32767 and keep it
/// for as long as the service publishes that target.
/// </summary>
internal sealed class PortAllocation
{
    private const uint FirstDynamic = 30000;
    private const uint LastDynamic = 32767;

    private readonly Dictionary<(uint Port, PortProtocol Protocol), Service> _owners = [];
    private readonly HashSet<(uint, PortProtocol)> _wished = [];

    public PortAllocation(SwarmDraft draft)
    {
        foreach (var service in draft.Services.Select(s => s.Value))
        {
            foreach (var port in service.Endpoint?.Ports ?? [])
            {
                if (port.PublishedPort != 0 && port.PublishMode == PublishMode.Ingress) _owners.TryAdd((port.PublishedPort, port.Protocol), service);
            }
        }
        foreach (var port in draft.Services.SelectMany(s => s.Value.Spec?.Endpoint?.Ports ?? []))
        {
            if (port.PublishedPort != 0) _wished.Add((port.PublishedPort, port.Protocol));
        }
    }

    /// <summary>True when the service's ports are as its spec asks, so that nothing need be computed.</summary>
    public static bool IsSettled(Service service)
    {
        var asked = service.Spec.Endpoint?.Ports;
        var has = service.Endpoint?.Ports;
        if ((asked?.Count ?? 0) != (has?.Count ?? 0)) return false;
        for (var i = 0; i < (asked?.Count ?? 0); i++)
        {
            if (!SameTarget(asked![i], has![i])) return false;
            if (asked[i].PublishedPort != 0 ? asked[i].PublishedPort != has[i].PublishedPort : NeedsPort(has[i])) return false;
        }
        return true;
    }

    /// <summary>The ports in the spec's order, or why not.</summary>
    public string Allocate(Service service, out List<PortConfig> ports)
    {
        ports = [];
        foreach (var asked in service.Spec.Endpoint?.Ports ?? [])
        {
            var port = asked.Clone();
            if (NeedsPort(port) && !Choose(service, port, ports)) return "could not find an available port in the range 30000-32767";
            if (port.PublishMode == PublishMode.Ingress && ConflictOf(service, port) is { Length: > 0 } conflict) return conflict;
            ports.Add(port);
        }
        // A port left behind by an update is free for the next.
        foreach (var given in _owners.Where(o => o.Value.Id == service.Id).Select(o => o.Key).ToList()) _owners.Remove(given);
        foreach (var port in ports.Where(p => p.PublishMode == PublishMode.Ingress)) _owners[(port.PublishedPort, port.Protocol)] = service;
        return "";
    }

    private string ConflictOf(Service service, PortConfig port) =>
        _owners.TryGetValue((port.PublishedPort, port.Protocol), out var owner) && owner.Id != service.Id
            ? $"port '{port.PublishedPort}' is already in use by service '{owner.Name()}' ({owner.Id}) as an ingress port"
            : "";

    private bool Choose(Service service, PortConfig port, List<PortConfig> chosen)
    {
        var kept = service.Endpoint?.Ports.FirstOrDefault(p => SameTarget(p, port) && p.PublishedPort is >= FirstDynamic and <= LastDynamic
            && !chosen.Exists(c => c.PublishedPort == p.PublishedPort && c.Protocol == p.Protocol));
        if (kept is not null)
        {
            port.PublishedPort = kept.PublishedPort;
            return true;
        }
        for (var number = FirstDynamic; number <= LastDynamic; number++)
        {
            var key = (number, port.Protocol);
            if (_owners.ContainsKey(key) || _wished.Contains(key) || chosen.Exists(c => c.PublishedPort == number && c.Protocol == port.Protocol)) continue;
            port.PublishedPort = number;
            return true;
        }
        return false;
    }

    /// <summary>A host-mode port of 0 is for the node to choose.</summary>
    private static bool NeedsPort(PortConfig port) => port is { PublishedPort: 0, PublishMode: PublishMode.Ingress };

    private static bool SameTarget(PortConfig a, PortConfig b) =>
        a.TargetPort == b.TargetPort && a.Protocol == b.Protocol && a.PublishMode == b.PublishMode && a.Name == b.Name;
}
