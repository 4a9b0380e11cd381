using System.Net;
using Skein.Agent.Bridges;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Standalone;

/// <summary>`--link` on the default bridge: whom a container is linked to, and what its processes are told of it. Errors are Docker's.</summary>
internal sealed class StandaloneLinks(IContainerEngine engine, IImageStore images, IStandaloneNetworking networks)
{
    /// <summary>By its id from here on: names may be given to others.</summary>
    public void Find(IEnumerable<ContainerLink> links)
    {
        foreach (var link in links)
        {
            var target = Find(link.Name);
            while (NamespaceMode.Container(ModeOf(target)) is { } other) target = Find(other);
            if (ModeOf(target) == NamespaceMode.Host)
                throw SkeinException.Invalid("conflicting options: host type networking can't be used with links. This would result in undefined behavior");
            (link.ContainerId, link.Name) = (target.Id, target.Name);
        }
    }

    /// <summary>NAME=VALUE, of all its links.</summary>
    public IReadOnlyList<string> VariablesOf(ContainerDefinition definition)
    {
        var links = definition.Standalone.Links.Where(_ => definition.Standalone.Endpoints.Any(endpoint => endpoint.Network == LocalNetworks.DefaultName)).ToList();
        foreach (var link in links.Where(link => !OnDefaultBridge(link.ContainerId)))
            throw new SkeinException(ErrorKind.Internal, $"Cannot link to /{link.Name}, as it does not belong to the default network");
        return [.. links.SelectMany(link => VariablesOf(link, definition.Name))];
    }

    private IReadOnlyList<string> VariablesOf(ContainerLink link, string owner)
    {
        var target = TryFind(link.ContainerId);
        var leg = networks.Find(link.ContainerId)?.Legs.FirstOrDefault(leg => leg.NetworkName == LocalNetworks.DefaultName);
        if (target?.State.IsRunning != true || leg is null)
            throw new SkeinException(ErrorKind.Internal, $"Cannot link to a non running container: /{target?.Name ?? link.Name} AS /{owner}/{link.Alias}") { Passing = target is not null };
        var environment = OciSpecBuilder.MergeEnvironment(images.TryFind(target.ImageId)?.Config.Env ?? [], target.Definition.Spec.Env);
        return LinkVariables.Of(link.Alias, owner, IPAddress.Parse(leg.Addresses[0].Split('/')[0]), target.Definition.Standalone?.ExposedPorts ?? [], environment);
    }

    // One that is gone was on it once: what is said of it is that it does not run.
    private bool OnDefaultBridge(string id) =>
        TryFind(id) is not { } target || target.Definition.Standalone?.Endpoints.Any(endpoint => endpoint.Network == LocalNetworks.DefaultName) == true;

    private static string ModeOf(ContainerRecord container) => container.Definition.Standalone?.NetworkMode ?? "";

    // Not as one that is missing: a client would take that for the image, and pull it.
    private ContainerRecord Find(string name)
    {
        if (name.Length == 0) throw SkeinException.Invalid("could not get container for : invalid name or ID supplied: \"\"");
        return TryFind(name) ?? throw SkeinException.Invalid($"could not get container for {name}: No such container: {name}");
    }

    private ContainerRecord? TryFind(string idOrName)
    {
        try
        {
            return engine.Find(idOrName);
        }
        catch (SkeinException missing) when (missing.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}
