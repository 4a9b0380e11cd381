using System.Text.Json.Serialization;

namespace Skein.Api.Images;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(RegistryAuthJson))]
[JsonSerializable(typeof(LoginJson))]
[JsonSerializable(typeof(IReadOnlyList<ImageSummaryJson>))]
[JsonSerializable(typeof(ImageInspectJson))]
[JsonSerializable(typeof(IReadOnlyList<ImageDeleteJson>))]
[JsonSerializable(typeof(IReadOnlyList<ImageHistoryJson>))]
[JsonSerializable(typeof(ImagePruneJson))]
[JsonSerializable(typeof(ProgressJson))]
[JsonSerializable(typeof(PlatformJson))]
[JsonSerializable(typeof(DistributionJson))]
internal sealed partial class ImagesJson : JsonSerializerContext;
