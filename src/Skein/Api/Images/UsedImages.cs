using Skein.Agent.Containers;
using Skein.Agent.Images;

namespace Skein.Api.Images;

internal static class UsedImages
{
    /// <summary>The image a container was made from; null when it was removed by force meanwhile.</summary>
    public static ImageRecord? UsedBy(this IImageStore images, ContainerRecord container) => images.TryFind(container.ImageId);
}
