using Skein.Model;

namespace Skein.Agent.Containers.Oci;

/// <summary>Under which SELinux context a container's process runs, and its own files stand. Like dockerd without --selinux-enabled, only one that was asked for is given.</summary>
internal sealed record SelinuxLabel(string Process, string Files)
{
    /// <returns>null = none.</returns>
    /// <exception cref="SkeinException">One is asked for that this kernel cannot give. Docker runs such a container without.</exception>
    public static SelinuxLabel? Of(SelinuxContext? wish, bool hasSelinux)
    {
        if (wish is null || wish.Disable || (wish.User + wish.Role + wish.Type + wish.Level).Length == 0) return null;
        if (!hasSelinux) throw SkeinException.Invalid("an SELinux context needs a kernel with SELinux: this host's has none");
        var (user, level) = (Or(wish.User, "system_u"), Or(wish.Level, "s0"));
        return new($"{user}:{Or(wish.Role, "system_r")}:{Or(wish.Type, "container_t")}:{level}", $"{user}:object_r:container_file_t:{level}");
    }

    private static string Or(string given, string otherwise) => given.Length > 0 ? given : otherwise;
}
