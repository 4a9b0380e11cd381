using System.Globalization;
using System.Runtime.InteropServices;

namespace Skein.Linux.Files;

/// <summary>The group of a file; .NET sets modes, and no owners.</summary>
public static partial class FileGroup
{
    private const uint Unchanged = uint.MaxValue;
    private const int BufferMax = 1 << 20;

    /// <summary>A group's number by its name, or by the number written out; null when the host has no such group.</summary>
    /// <exception cref="LinuxException">The host's group database cannot be read.</exception>
    public static unsafe uint? Find(string name)
    {
        // A group's whole list of members must fit: the call says ERANGE until it does.
        for (var size = 4096; ; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* text = buffer)
            {
                var error = getgrnam_r(name, out var group, text, (nuint)size, out var found);
                if (error is Errno.ERANGE && size < BufferMax) continue;
                if (found != 0) return group.Id;
                if (error is not (0 or Errno.ENOENT or Errno.ESRCH)) throw new LinuxException($"look up group {name}", error);
                return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
            }
        }
    }

    /// <summary>Gives the file to a group; its user stays.</summary>
    public static void Set(string path, uint group)
    {
        if (chown(path, Unchanged, group) != 0) throw LinuxException.Last($"change the group of {path}");
    }

    // struct group of grp.h
    [StructLayout(LayoutKind.Sequential)]
    private struct GroupEntry
    {
        public nint Name;
        public nint Password;
        public uint Id;
        public nint Members;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int getgrnam_r(string name, out GroupEntry group, byte* buffer, nuint size, out nint found);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);
}
