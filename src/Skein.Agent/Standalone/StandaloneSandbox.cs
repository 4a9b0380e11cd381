using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Standalone;

/// <summary>
/// The network of a container of a user, and what it reads in /etc/hosts, resolv.conf and hostname. With a network of its own these are
/// made with the legs; without one (none, host) they are the host's; with another container's they are that one's.
/// </summary>
internal sealed class StandaloneSandbox(IStandaloneNetworking networks, string containersFolder, string hostResolvConf, DnsConfig? dnsDefaults)
{
    private const string HostHosts = "/etc/hosts";

    public static bool HasLegs(StandaloneSpec wish) => wish.NetworkMode is not (NamespaceMode.None or NamespaceMode.Host) && NamespaceMode.Container(wish.NetworkMode) is null;

    /// <summary>Into a definition that is about to be made: where all this will be.</summary>
    /// <param name="other">The container whose network it shares.</param>
    public void Place(ContainerDefinition definition, ContainerDefinition? other)
    {
        if (other is not null)
        {
            (definition.ResolvConfPath, definition.HostsPath, definition.HostnamePath) = (other.ResolvConfPath, other.HostsPath, other.HostnamePath);
            definition.Hostname = other.Hostname;
            return;
        }
        definition.ResolvConfPath = FileOf(definition.Id, "resolv.conf");
        definition.HostsPath = FileOf(definition.Id, "hosts");
        definition.HostnamePath = FileOf(definition.Id, "hostname");
        if (!HasLegs(definition.Standalone)) return;
        foreach (var endpoint in definition.Standalone.Endpoints) Check(endpoint);
        definition.NetworkNamespacePath = networks.NamespacePathOf(definition.Id);
        NameNetworks(definition);
    }

    private void Check(StandaloneEndpoint endpoint)
    {
        try
        {
            networks.Check(endpoint);
        }
        catch (SkeinException flaw)
        {
            throw new SkeinException(flaw.Kind, $"invalid config for network {endpoint.Network}: {flaw.Message}", flaw);
        }
    }

    /// <summary>What it shows of its networks while it has no legs. One that is not there yet is found at the start.</summary>
    public void NameNetworks(ContainerDefinition definition)
    {
        definition.Networks.Clear();
        definition.Networks.AddRange(definition.Standalone.Endpoints.Select(endpoint => networks.NetworkOf(endpoint.Network) ?? new StoredNetwork { Name = endpoint.Network }));
    }

    /// <summary>A network may be heard of on this host only when a container of it starts.</summary>
    /// <returns>The definition with what is known by now; null when it says so already.</returns>
    public ContainerDefinition? TryNameNetworks(ContainerDefinition definition)
    {
        if (!HasLegs(definition.Standalone)) return null;
        var changed = definition.Clone();
        NameNetworks(changed);
        return changed.Networks.Equals(definition.Networks) ? null : changed;
    }

    public bool HasDevice(string containerId, string device) => networks.Find(containerId)?.Legs.Any(leg => leg.Interface == device) == true;

    /// <summary>Whether an endpoint that is named so is on this network.</summary>
    public bool IsOn(StandaloneEndpoint endpoint, string network) =>
        endpoint.Network == network || (networks.NetworkOf(endpoint.Network) is { } one && networks.NetworkOf(network)?.Id == one.Id);

    public void Require(StandaloneEndpoint endpoint) => networks.Check(endpoint);

    public Task ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, Func<Task> note, CancellationToken waiting, CancellationToken cancel) => networks.ConnectAsync(running, endpoint, note, waiting, cancel);

    public Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel) => networks.RenameAsync(renamed, cancel);

    public Task DisconnectAsync(ContainerDefinition running, string network, CancellationToken cancel) => networks.DisconnectAsync(running, network, cancel);

    public async Task AttachAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel)
    {
        var mode = definition.Standalone.NetworkMode;
        if (HasLegs(definition.Standalone)) await networks.AttachAsync(definition, waiting, cancel);
        else if (NamespaceMode.Container(mode) is null) WriteFiles(definition, await networks.HostLinesAsync(definition.Spec.Hosts, cancel), mode == NamespaceMode.Host);
    }

    public Task DetachAsync(string containerId, bool returns, CancellationToken cancel) => networks.DetachAsync(containerId, returns, cancel);

    public void Recovered() => networks.Recovered();

    public Task RecoverAsync(IEnumerable<ContainerDefinition> running, CancellationToken cancel) =>
        networks.RecoverAsync([.. running.Where(definition => HasLegs(definition.Standalone))], cancel);

    private void WriteFiles(ContainerDefinition definition, IReadOnlyList<string> extra, bool isHosts)
    {
        var dns = DnsDefaults.Merge(definition.Spec.DnsConfig, dnsDefaults);
        File.WriteAllText(definition.ResolvConfPath, HostFiles.ResolvConf(dns, ContainerFiles.LinesOf(hostResolvConf)));
        File.WriteAllText(definition.HostsPath, isHosts ? HostFiles.Hosts(ContainerFiles.LinesOf(HostHosts), extra) : ContainerFiles.Hosts(definition.Hostname, extra, []));
        File.WriteAllText(definition.HostnamePath, definition.Hostname + "\n");
    }

    private string FileOf(string id, string name) => Path.Combine(containersFolder, id, name);
}
