using System.Runtime.InteropServices;
using Skein.Model.Seccomp;

namespace Skein.Agent.Containers.Oci;

/// <summary>A user's seccomp profile as the runtime takes it on this host: the rules that count for the container's capabilities, the architecture and the kernel.</summary>
internal static class CustomSeccomp
{
    /// <returns>null when the profile asks for nothing.</returns>
    public static OciSeccomp? Of(SeccompDocument profile, IReadOnlyCollection<string> capabilities, Architecture architecture, Version kernel)
    {
        var rules = profile.Syscalls ?? [];
        if (string.IsNullOrEmpty(profile.DefaultAction) && rules.Count == 0) return null;
        var (name, native) = architecture == Architecture.Arm64 ? ("arm64", "SCMP_ARCH_AARCH64") : ("amd64", "SCMP_ARCH_X86_64");
        var mapped = profile.ArchMap?.FirstOrDefault(map => map.Architecture == native);
        return new OciSeccomp(
            profile.DefaultAction!,
            profile.DefaultErrnoRet,
            mapped is null ? profile.Architectures ?? [] : [native, .. mapped.SubArchitectures ?? []],
            [.. rules.Where(rule => rule.Applies(capabilities, name, kernel)).Select(ToOci)])
        {
            Flags = profile.Flags is { Count: > 0 } ? profile.Flags : null,
        };
    }

    private static OciSyscallRule ToOci(SeccompCall rule) => new(
        rule.AllNames,
        rule.Action!,
        rule.ErrnoRet,
        rule.Args is { Count: > 0 } arguments ? [.. arguments.Select(a => new OciSyscallArgument(a.Index, a.Value, a.ValueTwo, a.Op!))] : null);
}
