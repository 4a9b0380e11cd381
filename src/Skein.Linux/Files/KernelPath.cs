using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>
/// A path as the kernel has it: bytes, with their zero at the end. What containers and images name their files need be no UTF-8, and as a
/// string such a name would be another's, or nobody's.
/// </summary>
internal readonly struct KernelPath
{
    private const int EntriesBytes = 32 << 10;

    private readonly byte[] _bytes;

    private KernelPath(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public static KernelPath Of(string path) => new([.. Encoding.UTF8.GetBytes(path), 0]);

    /// <param name="name">With its zero.</param>
    public KernelPath Below(ReadOnlySpan<byte> name) => new([.. _bytes.AsSpan(..^1), (byte)'/', .. name]);

    /// <summary>For messages alone.</summary>
    public override string ToString() => Shown(_bytes);

    public static string Shown(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name[..^1]);

    /// <summary>The names in this folder, with their zeros.</summary>
    /// <exception cref="LinuxException"/>
    public List<byte[]> Names()
    {
        using var reading = new SafeFileHandle(FileCalls.open(_bytes, FileCalls.FolderOnly | FileCalls.CloseOnExec, 0), ownsHandle: true);
        return reading.IsInvalid ? throw LinuxException.Last($"open {this}") : NamesIn(reading);
    }

    /// <param name="reading">A folder that is open for nothing else: where reading goes on is kept with it.</param>
    /// <exception cref="LinuxException"/>
    public static List<byte[]> NamesIn(SafeFileHandle reading)
    {
        var (names, entries) = (new List<byte[]>(), new byte[EntriesBytes]);
        while (true)
        {
            var length = FileCalls.getdents64(reading, entries, entries.Length);
            if (length == 0) return names;
            if (length < 0) throw LinuxException.Last("list a folder that is there");
            // struct linux_dirent64: the entry's length at 16, its name at 19.
            for (var rest = entries.AsSpan(0, (int)length); rest.Length > 0; rest = rest[BinaryPrimitives.ReadUInt16LittleEndian(rest[16..])..])
            {
                var name = rest[19..];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8)) names.Add(name.ToArray());
            }
        }
    }
}
