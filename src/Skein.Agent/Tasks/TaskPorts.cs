using System.Globalization;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>
/// Where a task without a health check will listen: on all ports that its service publishes or, where that publishes none, on one at
/// least of those that its image names.
/// </summary>
internal sealed record TaskPorts(IReadOnlySet<int> Ports, int Needed)
{
    public static readonly TaskPorts None = new(new HashSet<int>(), 0);

    private const string Tcp = "/tcp";

    public bool IsAny => Needed > 0;

    public static TaskPorts Of(SwarmTask task, ImageRecord image)
    {
        var published = PublishedBy(task).Where(p => p.Protocol == PortProtocol.Tcp).Select(p => (int)p.TargetPort).ToHashSet();
        if (published.Count > 0) return new(published, published.Count);
        var exposed = image.Config.ExposedPorts.Select(PortOf).OfType<int>().ToHashSet();
        return new(exposed, Math.Min(1, exposed.Count));
    }

    public bool IsServedBy(IReadOnlySet<int> listening) => Ports.Count(listening.Contains) >= Needed;

    private static IEnumerable<PortConfig> PublishedBy(SwarmTask task) =>
        task.Endpoint is { Ports.Count: > 0 } endpoint ? endpoint.Ports : task.Endpoint?.Spec?.Ports ?? Enumerable.Empty<PortConfig>();

    private static int? PortOf(string exposed) =>
        exposed.EndsWith(Tcp, StringComparison.Ordinal) && ushort.TryParse(exposed[..^Tcp.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
