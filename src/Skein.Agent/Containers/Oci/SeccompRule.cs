using System.Runtime.InteropServices;

namespace Skein.Agent.Containers.Oci;

/// <summary>System calls that are allowed under conditions, or refused with an error of their own; all that is named nowhere is refused.</summary>
/// <param name="Calls">Names, parted by blanks.</param>
internal sealed record SeccompRule(string Calls)
{
    /// <summary>The container has it.</summary>
    public string? With { get; init; }

    /// <summary>The container lacks it.</summary>
    public string? Without { get; init; }

    /// <summary>null = on every one.</summary>
    public Architecture? On { get; init; }

    public Version? KernelFrom { get; init; }

    public OciSyscallArgument? Argument { get; init; }

    /// <summary>null = allowed.</summary>
    public uint? Error { get; init; }

    public bool Applies(IReadOnlyCollection<string> capabilities, Architecture architecture, Version kernel) =>
        (With is null || capabilities.Contains(With))
        && (Without is null || !capabilities.Contains(Without))
        && (On is null || On == architecture)
        && (KernelFrom is null || kernel >= KernelFrom);

    public OciSyscallRule ToOci() => new(
        SeccompCalls.Words(Calls), Error is null ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO", Error, Argument is null ? null : [Argument]);
}
