using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Api.Networks;
using Skein.Model;

namespace Skein.Api.Engine;

/// <summary>
/// Container events, with the attributes that Docker gives them (image, name and every label), and those of its networks and volumes,
/// which it joins and mounts as it starts and leaves when it has ended.
/// </summary>
internal sealed class ContainerEvents(IContainerEngine containers, NetworkCatalog networks, EventHub hub)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        await foreach (var happened in containers.Subscribe(cancel).ReadAllAsync(cancel))
        {
            foreach (var told in Of(happened, networks.DriverOf, networks.LocalId)) hub.Publish(told);
        }
    }

    /// <param name="driverOf">Of a network with this id.</param>
    /// <param name="idOf">Of the network host, and of none.</param>
    internal static IEnumerable<EngineEvent> Of(ContainerEvent happened, Func<string, string> driverOf, Func<string, string> idOf)
    {
        var attributes = new Dictionary<string, string>(happened.Container.Definition.Labels)
        {
            ["image"] = happened.Container.Definition.Spec.Image,
            ["name"] = happened.Container.Name,
        };
        foreach (var (key, value) in happened.Attributes) attributes[key] = value;
        var own = new EngineEvent(happened.Time, "container", happened.Action, happened.Container.Id, "local", attributes);
        return happened.Action switch
        {
            "start" => [.. OfNetworks("connect"), .. OfVolumes(happened, Mounted), own],
            "die" => [own, .. OfNetworks("disconnect"), .. OfVolumes(happened, Unmounted)],
            _ => [own],
        };

        IEnumerable<EngineEvent> OfNetworks(string action) => NetworksOf(happened.Container.Definition).Select(network => new EngineEvent(
            happened.Time, "network", action, network.Id, "local",
            new Dictionary<string, string> { ["container"] = happened.Container.Id, ["name"] = network.Name, ["type"] = network.Driver }));

        IEnumerable<(string Id, string Name, string Driver)> NetworksOf(ContainerDefinition definition) => definition.Standalone?.NetworkMode switch
        {
            NamespaceMode.Host => [(idOf(NamespaceMode.Host), NamespaceMode.Host, "host")],
            NamespaceMode.None => [(idOf(NamespaceMode.None), NamespaceMode.None, "null")],
            _ => definition.Networks.Select(network => (network.Id, network.Name, driverOf(network.Id))),
        };
    }

    private static IEnumerable<EngineEvent> OfVolumes(ContainerEvent happened, Func<Mount, (string Action, Dictionary<string, string> Attributes)> told) =>
        VolumeFolders.In(happened.Container.Definition.Spec.Mounts).Select(mount =>
        {
            var (action, attributes) = told(mount);
            attributes["container"] = happened.Container.Id;
            attributes["driver"] = "local";
            return new EngineEvent(happened.Time, "volume", action, VolumeFolders.NameOf(happened.Container.Id, mount), "local", attributes);
        });

    private static (string Action, Dictionary<string, string> Attributes) Mounted(Mount mount) =>
        ("mount", new() { ["destination"] = mount.Target, ["propagation"] = "", ["read/write"] = mount.ReadOnly ? "false" : "true" });

    private static (string Action, Dictionary<string, string> Attributes) Unmounted(Mount mount) => ("unmount", []);
}
