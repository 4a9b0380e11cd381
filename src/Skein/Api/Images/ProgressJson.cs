using System.Text.Json.Serialization;
using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>One line of a pull's, push's or load's answer: Docker's jsonmessage.</summary>
internal sealed record ProgressJson
{
    [JsonPropertyName("stream")]
    public string? Stream { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("progressDetail")]
    public DetailJson? Detail { get; init; }

    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("aux")]
    public PushNoteJson? Aux { get; init; }

    [JsonPropertyName("errorDetail")]
    public ErrorJson? ErrorDetail { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }

    internal sealed record DetailJson(
        [property: JsonPropertyName("current")] long? Current,
        [property: JsonPropertyName("total")] long? Total);

    internal sealed record ErrorJson([property: JsonPropertyName("message")] string Message);

    public static ProgressJson From(ImageProgress progress) => new()
    {
        Id = progress.Id.Length == 0 ? null : progress.Id,
        Status = progress.Status.Length == 0 ? null : progress.Status,
        Aux = PushNoteJson.From(progress.Note),
        Detail = progress.Current is null ? null : new DetailJson(progress.Current, progress.Total),
    };

    public static ProgressJson Failed(string message) => new() { ErrorDetail = new ErrorJson(message), Error = message };
}
