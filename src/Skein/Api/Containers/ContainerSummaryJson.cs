using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Containers;

/// <summary>One row of GET /containers/json</summary>
internal sealed record ContainerSummaryJson(
    string Id,
    IReadOnlyList<string> Names,
    string Image,
    string ImageID,
    string Command,
    long Created,
    IReadOnlyList<ContainerSummaryJson.PortJson> Ports,
    IReadOnlyDictionary<string, string> Labels,
    string State,
    string Status,
    ContainerSummaryJson.HostModeJson HostConfig,
    ContainerSummaryJson.NetworksJson NetworkSettings,
    IReadOnlyList<MountPointJson> Mounts)
{
    /// <summary>Bytes it has written; null when they were not asked for.</summary>
    public long? SizeRw { get; init; }

    /// <summary>With those of its image.</summary>
    public long? SizeRootFs { get; init; }

    public async Task<ContainerSummaryJson> WithSizeAsync(IContainerEngine containers, ImageRecord? image, CancellationToken cancel)
    {
        try
        {
            var written = await containers.WrittenAsync(Id, cancel);
            return this with { SizeRw = written, SizeRootFs = RootSize(written, image) };
        }
        catch (SkeinException e) when (e.Kind == ErrorKind.NotFound)
        {
            return this;   // it was removed while the list was made
        }
    }

    public static long RootSize(long written, ImageRecord? image) => written + (image?.Size ?? 0);

    internal sealed record HostModeJson(string NetworkMode);

    internal sealed record NetworksJson(IReadOnlyDictionary<string, EndpointJson> Networks);

    internal sealed record PortJson(string? IP, uint PrivatePort, uint? PublicPort, string Type);

    public static ContainerSummaryJson From(ContainerRecord container, ContainerNetwork? network, ImageRecord? image, VolumeFolders volumes, DateTimeOffset now)
    {
        var spec = container.Definition.Spec;
        return new ContainerSummaryJson(
            container.Id,
            ["/" + container.Name],
            spec.Image,
            image?.Id ?? "",
            ContainerWords.CommandColumn(ContainerWords.CommandLine(spec, image)),
            container.Created.ToUnixTimeSeconds(),
            PortsOf(container, network, image),
            container.Definition.Labels,
            ContainerWords.StatusName(container.State.Status),
            ContainerWords.Describe(container.State, container.Health, now),
            new HostModeJson(container.Definition.Standalone?.NetworkMode ?? "default"),
            new NetworksJson(EndpointJson.From(container, network)),
            MountPointJson.Of(container, volumes));
    }

    /// <summary>What this host publishes for it, and what its image or its user exposes besides: "0.0.0.0:9100->80/tcp", "443/tcp".</summary>
    public static IReadOnlyList<PortJson> PortsOf(ContainerRecord container, ContainerNetwork? network, ImageRecord? image)
    {
        if (!container.State.IsRunning) return [];
        var published = (network?.HostPorts ?? []).Select(p => new PortJson("0.0.0.0", p.TargetPort, p.PublishedPort, ProtocolName(p.Protocol))).ToList();
        published.AddRange((network?.Published ?? []).Select(p => new PortJson(p.HostIp, p.Port, uint.Parse(p.HostPort), p.Protocol)));
        var exposed = Exposed(container.Definition.Standalone?.ExposedPorts ?? image?.Config.ExposedPorts ?? []).Where(e => published.All(p => p.PrivatePort != e.PrivatePort || p.Type != e.Type));
        return [.. published, .. exposed];
    }

    /// <summary>"80/tcp", or "80", which means the same.</summary>
    private static IEnumerable<PortJson> Exposed(IEnumerable<string> ports)
    {
        foreach (var port in ports)
        {
            var parts = port.Split('/');
            if (uint.TryParse(parts[0], out var number)) yield return new PortJson(null, number, null, parts.Length > 1 ? parts[1].ToLowerInvariant() : "tcp");
        }
    }

    internal static string ProtocolName(PortProtocol protocol) => protocol switch
    {
        PortProtocol.Tcp => "tcp",
        PortProtocol.Udp => "udp",
        PortProtocol.Sctp => "sctp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "unknown protocol"),
    };
}
