using Skein.Model;

namespace Skein.Api.Swarm;

internal sealed record NodeSpecJson
{
    public string? Name { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public string? Role { get; init; }
    public string? Availability { get; init; }

    public static NodeSpecJson From(NodeSpec spec) => new()
    {
        Name = spec.Annotations?.Name is { Length: > 0 } name ? name : null,
        Labels = spec.Annotations?.Labels.ToDictionary() ?? [],
        Role = spec.Role == NodeRole.Manager ? "manager" : "worker",
        Availability = spec.Availability.ToString().ToLowerInvariant(),
    };

    public NodeSpec ToModel()
    {
        var spec = new NodeSpec
        {
            Annotations = new Annotations { Name = Name ?? "" },
            Role = Role switch
            {
                "manager" => NodeRole.Manager,
                "worker" => NodeRole.Worker,
                _ => throw SkeinException.Invalid($"invalid Role: \"{Role}\""),
            },
            Availability = ParseAvailability(Availability is null or "" ? throw SkeinException.Invalid("invalid Availability: \"\"") : Availability),
        };
        foreach (var (key, value) in Labels ?? new Dictionary<string, string>()) spec.Annotations.Labels[key] = value;
        return spec;
    }

    public static NodeAvailability ParseAvailability(string? text) => text switch
    {
        null or "" or "active" => NodeAvailability.Active,
        "pause" => NodeAvailability.Pause,
        "drain" => NodeAvailability.Drain,
        _ => throw SkeinException.Invalid($"invalid Availability: \"{text}\""),
    };
}
