using System.Text.Json.Serialization;
using Google.Protobuf;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>A secret or a config. What is in a secret is never shown.</summary>
internal sealed record DependencyJson(string ID, VersionIndexJson Version, string CreatedAt, string UpdatedAt, DependencySpecJson Spec)
{
    public static DependencyJson From(IDependency dependency) => new(
        dependency.Id,
        VersionIndexJson.From(dependency.Meta),
        GoTime.Format(dependency.Meta?.CreatedAt),
        GoTime.Format(dependency.Meta?.UpdatedAt),
        DependencySpecJson.From(dependency.Spec, withData: dependency is Config));
}

internal sealed record DependencyCreatedJson(string ID);

internal sealed record DependencySpecJson
{
    public string? Name { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [JsonConverter(typeof(GoBytesConverter))]
    public string? Data { get; init; }
    public ContainerSpecJson.DriverJson? Driver { get; init; }
    public ContainerSpecJson.DriverJson? Templating { get; init; }

    public static DependencySpecJson From(DependencySpec spec, bool withData) => new()
    {
        Name = spec.Annotations.Name,
        Labels = spec.Annotations.Labels.ToDictionary(),
        Data = withData ? spec.Data.ToBase64() : null,
        Templating = spec.TemplateDriver.Length > 0 ? new() { Name = spec.TemplateDriver } : null,
    };

    public DependencySpec ToModel()
    {
        // No plugins run here; Docker's words for one that is not there.
        if (Driver?.Name is { Length: > 0 } driver) throw new SkeinException(ErrorKind.Internal, $"rpc error: code = Unknown desc = plugin \"{driver}\" not found");
        if (Driver?.Options is { Count: > 0 }) throw SkeinException.Invalid("options of a driver need a driver's name");
        if (Templating?.Options is { Count: > 0 }) throw SkeinException.Invalid($"the template driver \"{Templating.Name}\" takes no options");
        var spec = new DependencySpec
        {
            Annotations = new() { Name = Name ?? "" },
            Data = UnsafeByteOperations.UnsafeWrap(GoBase64.Decode(Data)),
            TemplateDriver = Templating?.Name ?? "",
        };
        foreach (var (key, value) in Labels ?? new Dictionary<string, string>()) spec.Annotations.Labels[key] = value;
        return spec;
    }
}
