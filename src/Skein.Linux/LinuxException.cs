using System.Runtime.InteropServices;

namespace Skein.Linux;

/// <summary>A system call failed. <see cref="Errno"/> is the kernel's positive number; the message names the call and its object.</summary>
public sealed class LinuxException(string operation, int errno, string? detail = null)
    : IOException($"{operation}: {Marshal.GetPInvokeErrorMessage(errno)}{(detail is null ? "" : $" ({detail})")}")
{
    public int Errno { get; } = errno;

    /// <summary>The same as Go says it, whose reasons begin with a small letter.</summary>
    public string InGosWords { get; } = $"{operation}: {Small(Marshal.GetPInvokeErrorMessage(errno))}";

    /// <summary>Of the call made last on this thread with SetLastError.</summary>
    internal static LinuxException Last(string operation) => new(operation, Marshal.GetLastPInvokeError());

    private static string Small(string reason) => char.ToLowerInvariant(reason[0]) + reason[1..];
}
