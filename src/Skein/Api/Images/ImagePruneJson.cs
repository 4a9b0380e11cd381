namespace Skein.Api.Images;

internal sealed record ImagePruneJson(IReadOnlyList<ImageDeleteJson> ImagesDeleted, long SpaceReclaimed);
