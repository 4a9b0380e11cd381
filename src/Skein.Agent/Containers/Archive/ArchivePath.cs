using Skein.Model;

namespace Skein.Agent.Containers.Archive;

/// <summary>A path of `docker cp` inside a container: whole, and what a client calls the thing at its end.</summary>
/// <param name="Whole">Absolute; "/." at its end stands for what lies in the folder.</param>
/// <param name="Name">What the archive's entries begin with: "etc", "." for what lies in a folder, "/" for the root.</param>
internal sealed record ArchivePath(string Whole, string Name)
{
    public static ArchivePath Of(string given)
    {
        if (given.Contains('\0', StringComparison.Ordinal)) throw SkeinException.Invalid($"lstat {given}: invalid argument");
        var clean = Path.GetFullPath("/" + given);
        var isContent = given == "." || given.EndsWith("/.", StringComparison.Ordinal);
        var trimmed = clean.Length > 1 ? Path.TrimEndingDirectorySeparator(clean) : clean;
        var isFolder = isContent || given.EndsWith('/');
        return new(
            isFolder && trimmed != "/" ? trimmed + "/." : trimmed,
            isContent ? "." : trimmed == "/" ? "/" : Path.GetFileName(trimmed));
    }
}
