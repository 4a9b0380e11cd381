using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>The image a request names in parts: its name, which may bear a tag or digest already, and a tag or digest.</summary>
internal static class RequestedImage
{
    /// <summary>A tag of its own is stronger than one in the name, as with Docker. Without either all tags are meant: the CLI itself says "latest".</summary>
    public static string Of(string name, string tag)
    {
        // Of all tags older clients leave the colon.
        name = name.TrimEnd(':');
        return tag.Length > 0 ? $"{ImageReference.Parse(name).FamiliarName}{(tag.Contains(':') ? '@' : ':')}{tag}" : name;
    }

    /// <summary>For an image that is there: in the same two parts, but for a digest, which an image has and is not given.</summary>
    public static string NewName(string name, string tag)
    {
        if (name.Contains('@')) throw SkeinException.Invalid("cannot import digest reference");
        return tag.Length > 0 ? $"{ImageReference.Parse(name).FamiliarName}:{tag}" : ImageReference.Parse(name).Familiar;
    }
}
