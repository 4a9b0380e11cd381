namespace Skein.Model.Validation;

/// <summary>
/// Kernel parameters that a container may set: those of its own namespaces. A name becomes a path under /proc/sys, written with all
/// the rights there are: one that leads anywhere else ("net/../kernel/core_pattern") is the host's.
/// </summary>
public static class SysctlName
{
    private const int LengthMax = 256;

    private static readonly string[] s_ipc = ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"];

    /// <summary>In runc's words, which are those that Docker shows.</summary>
    /// <returns>null when it may be set.</returns>
    public static string? Refusal(string name) => Parts(name) switch
    {
        ["net", _, ..] or ["fs", "mqueue", _] or ["kernel", "domainname"] => null,
        ["kernel", var of] when s_ipc.Contains(of) => null,
        ["kernel", "hostname"] => $"sysctl \"{name}\" is not allowed as it conflicts with the OCI \"hostname\" field",
        _ => $"sysctl \"{name}\" is not in a separate kernel namespace",
    };

    /// <summary>Below /proc/sys.</summary>
    /// <exception cref="SkeinException">It is none that a container may set.</exception>
    public static string Path(string name) =>
        Refusal(name) is { } refusal ? throw SkeinException.Invalid(refusal) : string.Join('/', Parts(name)!);

    /// <summary>As sysctl(8): the first separator tells which of the two is meant, and the other then stands for a dot in a name.</summary>
    /// <returns>null when a part can't be a name, or leads elsewhere.</returns>
    private static string[]? Parts(string name)
    {
        var first = name.IndexOfAny(['.', '/']);
        if (first <= 0 || name.Length > LengthMax) return null;
        var parts = name[first] == '/' ? name.Split('/') : [.. name.Split('.').Select(part => part.Replace('/', '.'))];
        return parts.All(IsName) ? parts : null;
    }

    // An interface's name is all but free.
    private static bool IsName(string part) => part is not ("" or "." or "..") && part.All(letter => letter > ' ' && letter != '\x7f');
}
