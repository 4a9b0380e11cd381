namespace Skein.Api.Images;

internal sealed record ImageDeleteJson(string? Untagged, string? Deleted);
