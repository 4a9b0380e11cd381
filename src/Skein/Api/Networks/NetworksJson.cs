using System.Text.Json.Serialization;

namespace Skein.Api.Networks;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(IReadOnlyList<NetworkJson>))]
[JsonSerializable(typeof(NetworkJson))]
[JsonSerializable(typeof(NetworkConnectJson))]
[JsonSerializable(typeof(NetworkCreateJson))]
[JsonSerializable(typeof(NetworkDisconnectJson))]
[JsonSerializable(typeof(NetworkCreatedJson))]
[JsonSerializable(typeof(NetworkPruneJson))]
internal sealed partial class NetworksJson : JsonSerializerContext;
