using System.Text;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Archive;

/// <summary>A path of `docker cp` inside a container: whole, and what a client calls the thing at its end. Bytes, as names there are.</summary>
/// <param name="Whole">Absolute; "/." at its end stands for what lies in the folder.</param>
/// <param name="Name">What the archive's entries begin with: "etc", "." for what lies in a folder, "/" for the root.</param>
internal sealed record ArchivePath(KernelPath Whole, byte[] Name)
{
    /// <summary>Without what may stand at its end.</summary>
    public KernelPath Folder => Whole.Text.EndsWith("/."u8) ? KernelPath.Of(Whole.Text[..^2]) : Whole;

    /// <summary>For clients; a name that is no UTF-8 comes as far as it can be shown, as in Docker.</summary>
    public string ShownName => Encoding.UTF8.GetString(Name);

    public static ArchivePath Of(KernelPath given)
    {
        var text = given.Text;
        if (text.Contains((byte)0)) throw SkeinException.Invalid($"lstat {given}: invalid argument");
        KernelPath root = "/";
        var clean = root.Within(text);
        var isContent = text.SequenceEqual("."u8) || text.EndsWith("/."u8);
        var isFolder = isContent || text.EndsWith("/"u8);
        return new(
            isFolder && !clean.IsRoot ? clean.Below(".\0"u8) : clean,
            isContent ? "."u8.ToArray() : clean.IsRoot ? "/"u8.ToArray() : clean.Name.ToArray());
    }
}
