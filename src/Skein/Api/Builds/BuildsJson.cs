using System.Text.Json.Serialization;

namespace Skein.Api.Builds;

[JsonSerializable(typeof(BuildPruneJson))]
internal sealed partial class BuildsJson : JsonSerializerContext;
