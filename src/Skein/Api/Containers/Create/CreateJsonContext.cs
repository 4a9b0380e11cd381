using System.Text.Json.Serialization;

namespace Skein.Api.Containers.Create;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(ContainerCreateJson))]
[JsonSerializable(typeof(ContainerCreatedJson))]
[JsonSerializable(typeof(LimitsWishJson))]
[JsonSerializable(typeof(ContainerUpdatedJson))]
internal sealed partial class CreateJsonContext : JsonSerializerContext;
