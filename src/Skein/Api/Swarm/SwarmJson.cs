using System.Text.Json.Serialization;

namespace Skein.Api.Swarm;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(ClusterJson))]
[JsonSerializable(typeof(ClusterSpecJson))]
[JsonSerializable(typeof(SwarmInitJson))]
[JsonSerializable(typeof(SwarmJoinJson))]
[JsonSerializable(typeof(UnlockKeyJson))]
[JsonSerializable(typeof(SwarmUnlockJson))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(NodeJson))]
[JsonSerializable(typeof(IReadOnlyList<NodeJson>))]
[JsonSerializable(typeof(NodeSpecJson))]
[JsonSerializable(typeof(ServiceJson))]
[JsonSerializable(typeof(IReadOnlyList<ServiceJson>))]
[JsonSerializable(typeof(ServiceSpecJson))]
[JsonSerializable(typeof(ServiceCreatedJson))]
[JsonSerializable(typeof(ServiceUpdatedJson))]
[JsonSerializable(typeof(DependencyJson))]
[JsonSerializable(typeof(IReadOnlyList<DependencyJson>))]
[JsonSerializable(typeof(DependencySpecJson))]
[JsonSerializable(typeof(DependencyCreatedJson))]
[JsonSerializable(typeof(TaskJson))]
[JsonSerializable(typeof(IReadOnlyList<TaskJson>))]
internal sealed partial class SwarmJson : JsonSerializerContext;
