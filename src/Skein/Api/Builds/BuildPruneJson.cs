namespace Skein.Api.Builds;

internal sealed record BuildPruneJson(IReadOnlyList<string> CachesDeleted, long SpaceReclaimed);
