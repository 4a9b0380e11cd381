using System.Text.Json.Serialization;

namespace Skein.Api.Images.Changes;

[JsonSerializable(typeof(List<string>))]
internal sealed partial class ChangesJson : JsonSerializerContext;
