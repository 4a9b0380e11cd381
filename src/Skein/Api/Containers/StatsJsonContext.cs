using System.Text.Json.Serialization;

namespace Skein.Api.Containers;

/// <summary>Docker writes statistics in the kernel's spelling, unlike all else.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StatsJson))]
internal sealed partial class StatsJsonContext : JsonSerializerContext;
