using Skein.Agent.Tar;
using Skein.Linux.Files;

namespace Skein.Agent.Containers.Archive;

/// <summary>The one extended attribute that Docker takes along out of a container: what a program may do beyond its user's rights.</summary>
internal static class CapabilityAttribute
{
    private const int Version = 3;   // the highest byte of a number whose lowest comes first
    private const int ForAnyRoot = 2;
    private const int ForOneRoot = 3;
    private const int LengthForAnyRoot = 20;

    private static ReadOnlySpan<byte> Name => "security.capability\0"u8;

    public static IReadOnlyList<TarAttribute> Of(KernelPath path)
    {
        var value = ExtendedAttribute.Read(path, Name);
        return value is null ? [] : [new(Name[..^1].ToArray(), Portable(value))];
    }

    /// <summary>Bound to the root of one user namespace, it would say nothing anywhere else: linux/capability.h.</summary>
    internal static byte[] Portable(byte[] value)
    {
        if (value.Length <= LengthForAnyRoot || value[Version] != ForOneRoot) return value;
        var portable = value[..LengthForAnyRoot];
        portable[Version] = ForAnyRoot;
        return portable;
    }
}
