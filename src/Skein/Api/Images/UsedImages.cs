using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Api.Images;

internal static class UsedImages
{
    /// <summary>The image a container was made from; null when it was removed by force meanwhile.</summary>
    public static ImageRecord? UsedBy(this IImageStore images, ContainerRecord container)
    {
        try
        {
            return images.Find(container.Definition.Spec.Image);
        }
        catch (SkeinException error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}
