using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>One of the two: by its name, or so many.</summary>
internal sealed record GenericResourceJson
{
    public NamedJson? NamedResourceSpec { get; init; }
    public DiscreteJson? DiscreteResourceSpec { get; init; }

    internal sealed record NamedJson(string? Kind, string? Value);

    internal sealed record DiscreteJson(string? Kind, long? Value);

    public GenericResource ToModel() => NamedResourceSpec is { } named
        ? new() { Kind = named.Kind ?? "", Name = named.Value ?? "" }
        : new() { Kind = DiscreteResourceSpec?.Kind ?? "", Count = DiscreteResourceSpec?.Value ?? 0 };

    /// <summary>null for none, which Docker leaves out.</summary>
    public static IReadOnlyList<GenericResourceJson>? Of(IReadOnlyCollection<GenericResource>? resources) =>
        resources is null or { Count: 0 } ? null : [.. resources.Select(From)];

    private static GenericResourceJson From(GenericResource resource) => resource.Name.Length > 0
        ? new() { NamedResourceSpec = new(resource.Kind, resource.Name) }
        : new() { DiscreteResourceSpec = new(resource.Kind, resource.Count) };
}
