using System.Text.Json.Serialization;

namespace Skein.Api.Containers;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(IReadOnlyList<ContainerSummaryJson>))]
[JsonSerializable(typeof(ContainerInspectJson))]
[JsonSerializable(typeof(ContainerPruneJson))]
[JsonSerializable(typeof(TopJson))]
[JsonSerializable(typeof(WaitJson))]
[JsonSerializable(typeof(IdJson))]
[JsonSerializable(typeof(ExecCreateJson))]
[JsonSerializable(typeof(ExecStartJson))]
[JsonSerializable(typeof(ExecInspectJson))]
internal sealed partial class ContainersJson : JsonSerializerContext;
