using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>
/// A path as the kernel has it: bytes, with their zero at the end. What containers and images name their files need be no UTF-8, and as a
/// string such a name would be another's, or nobody's.
/// </summary>
public readonly struct KernelPath
{
    private const int EntriesBytes = 32 << 10;
    private const byte Slash = (byte)'/';

    private readonly byte[] _bytes;

    private KernelPath(byte[] bytes) => _bytes = bytes;

    /// <summary>With the zero at their end.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Without it.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(..^1);

    /// <summary>What stands after the last slash; the text as a whole where there is none.</summary>
    public ReadOnlySpan<byte> Name => Text[(Text.LastIndexOf(Slash) + 1)..];

    /// <summary>Up to the last slash: the root's own is the root, as is that of anything in it.</summary>
    public KernelPath Parent => Of(Text[..Math.Max(1, Text.LastIndexOf(Slash))]);

    public bool IsRoot => Text.SequenceEqual("/"u8);

    public static implicit operator KernelPath(string path) => Of(path);

    public static KernelPath Of(string path) => new([.. Encoding.UTF8.GetBytes(path), 0]);

    /// <param name="path">Without its zero; with none in it either, at which the kernel would end it.</param>
    public static KernelPath Of(ReadOnlySpan<byte> path) => new([.. path, 0]);

    /// <param name="name">With its zero.</param>
    public KernelPath Below(ReadOnlySpan<byte> name) => new([.. Text, .. IsRoot ? [] : "/"u8, .. name]);

    /// <summary>
    /// What a name stands for in this folder by its letters alone: it may begin with a slash, and climb, and stays below all the same.
    /// This folder is what the text comes to when nothing is left of the name.
    /// </summary>
    /// <param name="name">Without a zero.</param>
    public KernelPath Within(ReadOnlySpan<byte> name)
    {
        var clean = new byte[Text.Length + name.Length + 2];
        Text.CopyTo(clean);
        var start = IsRoot ? 0 : Text.Length;
        var end = start;
        foreach (var range in name.Split(Slash))
        {
            var step = name[range];
            if (step.IsEmpty || step.SequenceEqual("."u8)) continue;
            if (step.SequenceEqual(".."u8))
            {
                if (end > start) end = start + clean.AsSpan(start..end).LastIndexOf(Slash);
                continue;
            }
            clean[end++] = Slash;
            step.CopyTo(clean.AsSpan(end));
            end += step.Length;
        }
        return end == start ? this : Of(clean.AsSpan(..end));
    }

    /// <summary>For messages alone.</summary>
    public override string ToString() => Shown(_bytes);

    /// <param name="name">With its zero.</param>
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
    internal static List<byte[]> NamesIn(SafeFileHandle reading)
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
