namespace Skein.Linux.Files;

/// <summary>Extended attributes, of a link itself: xattr(7).</summary>
public static class ExtendedAttribute
{
    /// <summary>The kernel's bound for a value, and for the list of names, in bytes.</summary>
    internal const int SizeMax = 64 << 10;

    /// <param name="name">With its zero.</param>
    /// <returns>null when it has none of that name, or none at all: not every file system has them.</returns>
    /// <exception cref="LinuxException"/>
    public static byte[]? Read(KernelPath path, ReadOnlySpan<byte> name)
    {
        // What there is fits nearly always, and most files have nothing: one call then.
        Span<byte> few = stackalloc byte[128];
        var length = FileCalls.lgetxattr(path.Bytes, name, few, few.Length);
        if (length >= 0) return few[..(int)length].ToArray();
        var error = LinuxException.Last($"lgetxattr {path}: xattr \"{KernelPath.Shown(name)}\"");
        if (error.Errno is Errno.ENODATA or Errno.EOPNOTSUPP) return null;
        if (error.Errno != Errno.ERANGE) throw error;
        var many = new byte[SizeMax];
        length = FileCalls.lgetxattr(path.Bytes, name, many, many.Length);
        return length < 0 ? throw LinuxException.Last($"lgetxattr {path}: xattr \"{KernelPath.Shown(name)}\"") : many[..(int)length];
    }

    /// <param name="name">With its zero.</param>
    /// <exception cref="LinuxException"/>
    public static void Set(KernelPath path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (FileCalls.lsetxattr(path.Bytes, name, value, value.Length, 0) != 0) throw LinuxException.Last($"lsetxattr {path}: xattr \"{KernelPath.Shown(name)}\"");
    }
}
