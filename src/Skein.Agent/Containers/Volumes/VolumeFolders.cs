using System.Security.Cryptography;
using System.Text;
using Skein.Model;

namespace Skein.Agent.Containers.Volumes;

/// <summary>Where a host's volumes lie, and what they may be called: one folder a volume, its data in _data, as Docker has it.</summary>
public sealed class VolumeFolders(string dataRoot)
{
    public const string Data = "_data";

    public string Root { get; } = Path.Combine(dataRoot, "volumes");

    /// <summary>A volume without a name gets one of its own, the same each time it is asked for this container.</summary>
    public static string NameOf(string containerId, Mount mount) => mount.Source.Length > 0
        ? mount.Source
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{containerId} {mount.Target}")));

    /// <summary>Those of a container's mounts that are volumes.</summary>
    public static IEnumerable<Mount> In(IEnumerable<Mount> mounts) => mounts.Where(mount => mount.Type == "volume");

    /// <summary>The names of all volumes that a container has.</summary>
    public static IEnumerable<string> NamesOf(string containerId, IEnumerable<Mount> mounts) => In(mounts).Select(mount => NameOf(containerId, mount));

    public string FolderOf(string name) => Path.Combine(Root, name);

    public string DataOf(string name) => Path.Combine(Root, name, Data);

    /// <exception cref="SkeinException">In Docker's words: the name is too short, or holds what a folder's name should not.</exception>
    public static void CheckName(string name)
    {
        if (name.Length < 2)
            throw SkeinException.Invalid($"create {name}: volume name is too short, names should be at least two alphanumeric characters");
        if (!char.IsAsciiLetterOrDigit(name[0]) || !name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-'))
        {
            throw SkeinException.Invalid(
                $"create {name}: \"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. " +
                "If you intended to pass a host directory, use absolute path");
        }
    }
}
