namespace Skein.Api.Containers;

internal sealed record IdJson(string Id);
