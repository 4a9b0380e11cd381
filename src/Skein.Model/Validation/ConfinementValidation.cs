using Skein.Model.Seccomp;

namespace Skein.Model.Validation;

/// <summary>What of a container's limits and privileges can be said without a host. Docker finds each on the node, and rejects task after task.</summary>
public static class ConfinementValidation
{
    private const int OomScoreMax = 1000;

    private static readonly string[] s_ulimits =
    [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ];

    public static void Check(ContainerSpec container)
    {
        if (container.OomScoreAdj is < -OomScoreMax or > OomScoreMax)
            throw SkeinException.Invalid($"Invalid value {container.OomScoreAdj}, range for oom score adj is [-1000, 1000]");
        foreach (var limit in container.Ulimits) Check(limit);
        if (container.Privileges?.Seccomp is { } seccomp) Check(seccomp);
        if (container.Privileges?.Selinux is { } selinux) Check(selinux);
    }

    /// <exception cref="SkeinException"/>
    public static void Check(Ulimit limit)
    {
        if (!s_ulimits.Contains(limit.Name)) throw SkeinException.Invalid($"invalid ulimit type: {limit.Name}");
        if (limit.Soft < -1 || limit.Hard < -1) throw SkeinException.Invalid($"invalid ulimit {limit.Name}: {limit.Soft}:{limit.Hard}");
        if (limit.Hard == -1) return;
        if (limit.Soft == -1)
            throw SkeinException.Invalid($"ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {limit.Hard}");
        if (limit.Soft > limit.Hard) throw SkeinException.Invalid($"ulimit soft limit must be less than or equal to hard limit: {limit.Soft} > {limit.Hard}");
    }

    private static void Check(SeccompOptions seccomp)
    {
        if (seccomp.Mode == SeccompMode.Custom && seccomp.Profile.IsEmpty) throw SkeinException.Invalid("the seccomp mode custom needs a profile");
        if (seccomp.Mode != SeccompMode.Custom && !seccomp.Profile.IsEmpty) throw SkeinException.Invalid("a seccomp profile needs the mode custom");
        if (seccomp.Mode == SeccompMode.Custom) SeccompDocument.Parse(seccomp.Profile.Span);
    }

    private static void Check(SelinuxContext selinux)
    {
        string[] parts = [selinux.User, selinux.Role, selinux.Type];
        if (parts.Append(selinux.Level).Any(part => part.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or ',' or '-' or ':'))) || parts.Any(part => part.Contains(':')))
            throw SkeinException.Invalid("invalid SELinux context");
        if (selinux.Disable && parts.Append(selinux.Level).Any(part => part.Length > 0))
            throw SkeinException.Invalid("an SELinux context that is disabled has no user, role, type or level");
    }
}
