using System.Text.Json.Serialization;
using Skein.Api.Http;

namespace Skein.Api.Engine;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErrorResponse))]
[JsonSerializable(typeof(VersionJson))]
[JsonSerializable(typeof(InfoJson))]
[JsonSerializable(typeof(EventJson))]
[JsonSerializable(typeof(DiskUsageJson))]
internal sealed partial class EngineJson : JsonSerializerContext;
