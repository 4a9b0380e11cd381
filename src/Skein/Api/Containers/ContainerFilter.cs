using System.Globalization;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Containers;

/// <summary>What `docker ps --filter` asks for; refuses, as Docker does, a value that no container can have.</summary>
internal sealed class ContainerFilter
{
    private static readonly string[] s_states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
    private static readonly string[] s_healths = ["none", "starting", "healthy", "unhealthy"];

    private readonly Filters _filters;
    private readonly IImageStore _images;
    private readonly DateTimeOffset? _before;
    private readonly DateTimeOffset? _since;
    private readonly HashSet<int> _exited;
    private readonly HashSet<string> _published;
    private readonly HashSet<string> _exposed;

    public ContainerFilter(Filters filters, IContainerEngine containers, IImageStore images)
    {
        _filters = filters.Accept(
            "id", "name", "label", "status", "ancestor", "network", "exited", "before", "since", "health", "is-task", "publish", "expose", "volume");
        _images = images;
        foreach (var state in filters["status"].Where(s => !s_states.Contains(s))) throw Unknown("status", "state", state, s_states);
        foreach (var health in filters["health"].Where(h => !s_healths.Contains(h))) throw Unknown("health", "health", health, s_healths);
        filters.Flag("is-task");
        _exited = [.. filters["exited"].Select(ExitCode)];
        _before = filters["before"].Select(b => (DateTimeOffset?)containers.Find(b).Created).Min();
        _since = filters["since"].Select(s => (DateTimeOffset?)containers.Find(s).Created).Max();
        _published = [.. filters["publish"].SelectMany(p => Ports("publish", p))];
        _exposed = [.. filters["expose"].SelectMany(p => Ports("expose", p))];
    }

    /// <summary>Whether containers that do not run are looked at without --all.</summary>
    public bool AnyState => _filters.Has("status") || _filters.Has("exited");

    public bool Takes(ContainerRecord container, ContainerNetwork? network)
    {
        var labels = container.Definition.Labels;
        return _filters.Matches("id", container.Id)
            && _filters.Matches("name", container.Name, "/" + container.Name)
            && _filters.Labels("label", labels)
            && _filters.Exact("status", ContainerWords.StatusName(container.State.Status))
            && _filters.Exact("health", ContainerWords.HealthName(container.Health))
            && (_filters.Flag("is-task") is not { } task || task == container.Definition.IsTasks)
            && (_before is null || container.Created < _before)
            && (_since is null || container.Created > _since)
            && (_exited.Count == 0 || container.State.Status == ContainerStatus.Exited && _exited.Contains(container.State.ExitCode))
            && _filters.Any("volume", wanted => container.Definition.Spec.Mounts.Any(m => m.Target == wanted || (m.Type == "volume" ? VolumeFolders.NameOf(container.Id, m) : m.Source) == wanted))
            && _filters.Any("network", wanted => EndpointJson.LegsOf(container, network)
                .Any(leg => leg.NetworkName == wanted || leg.NetworkId.StartsWith(wanted, StringComparison.Ordinal)))
            && TakesImage(container)
            && TakesPorts(container, network);
    }

    private bool TakesImage(ContainerRecord container)
    {
        if (!_filters.Has("ancestor")) return true;
        var used = _images.UsedBy(container)?.Id;
        return _filters.Any("ancestor", wanted => IsOfImage(container.Definition.Spec.Image, wanted) || used is not null && _images.TryFind(wanted)?.Id == used);
    }

    private static bool IsOfImage(string image, string wanted) =>
        image == wanted || image.StartsWith(wanted + ":", StringComparison.Ordinal) || image.StartsWith(wanted + "@", StringComparison.Ordinal);

    private bool TakesPorts(ContainerRecord container, ContainerNetwork? network)
    {
        if (_published.Count + _exposed.Count == 0) return true;
        return ContainerSummaryJson.PortsOf(container, network, _images.UsedBy(container))
            .Any(p => p.PublicPort is not null && _published.Contains($"{p.PublicPort}/{p.Type}") || _exposed.Contains($"{p.PrivatePort}/{p.Type}"));
    }

    private static int ExitCode(string value) => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code)
        ? code
        : throw SkeinException.Invalid($"invalid filter 'exited={value}': strconv.Atoi: parsing \"{value}\": invalid syntax");

    /// <summary>"80", "80/udp", "8000-8080/tcp"</summary>
    private static IEnumerable<string> Ports(string key, string value)
    {
        var (range, protocol) = value.Split('/', 2) is [var first, var second] ? (first, second) : (value, "tcp");
        var ends = range.Split('-', 2);
        if (!ushort.TryParse(ends[0], out var low) || !ushort.TryParse(ends[^1], out var high) || high < low)
            throw SkeinException.Invalid($"error while looking up for {key} {value}: invalid port range");
        return Enumerable.Range(low, high - low + 1).Select(port => $"{port}/{protocol}");
    }

    private static SkeinException Unknown(string filter, string kind, string value, string[] valid) =>
        SkeinException.Invalid($"invalid filter '{filter}={value}': invalid value for {kind} ({value}): must be one of {string.Join(", ", valid)}");
}
