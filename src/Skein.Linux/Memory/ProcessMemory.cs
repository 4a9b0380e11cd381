using System.Globalization;
using System.Runtime.InteropServices;

namespace Skein.Linux.Memory;

/// <summary>Gives memory back to the host that this process holds and does not use.</summary>
public static partial class ProcessMemory
{
    // malloc.h
    private const int M_ARENA_MAX = -8;

    // mman.h
    private const int MADV_DONTNEED = 4;

    /// <summary>
    /// One heap for native allocations. glibc gives each thread its own, and libnftables leaves a megabyte and more in every one
    /// that a transaction ran on: 19 MB on a host with ten tasks. Call before other threads allocate.
    /// </summary>
    public static void LimitNativeHeaps() => _ = mallopt(M_ARENA_MAX, 1);

    /// <summary>
    /// Returns the free pages of the native heap, and unmaps the pages of program and libraries that nobody wrote to: what
    /// only the start needed does not come back, the rest does at its next use, from the page cache.
    /// </summary>
    public static void Trim()
    {
        _ = malloc_trim(0);
        foreach (var (start, length) in CleanFileMappings(File.ReadLines("/proc/self/smaps")))
            _ = madvise(start, length, MADV_DONTNEED);   // advice: refused, nothing is lost
    }

    /// <summary>Mappings of files without one page of their own: dropping a page that relocation has written would lose it.</summary>
    internal static IEnumerable<(nint Start, nint Length)> CleanFileMappings(IEnumerable<string> smaps)
    {
        (nint Start, nint Length)? candidate = null;
        foreach (var line in smaps)
        {
            if (char.IsAsciiHexDigitLower(line[0]))
                candidate = Candidate(line);
            else if (candidate is { } mapping && line.StartsWith("Anonymous:", StringComparison.Ordinal) && line.EndsWith(" 0 kB", StringComparison.Ordinal))
                yield return mapping;
        }
    }

    // 55cb87069000-55cb87abd000 r-xp 00e2a000 fe:00 1234   /usr/bin/skein
    private static (nint Start, nint Length)? Candidate(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 6 || fields[5][0] != '/' || fields[1][1] == 'w' || fields[1][3] != 'p')
            return null;
        var range = fields[0].Split('-');
        var start = nint.Parse(range[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (start, nint.Parse(range[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) - start);
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int param, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
