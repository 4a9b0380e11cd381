namespace Skein.Api.Containers;

internal sealed record ContainerPruneJson(IReadOnlyList<string> ContainersDeleted, long SpaceReclaimed);
