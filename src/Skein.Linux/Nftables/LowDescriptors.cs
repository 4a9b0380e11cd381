using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Nftables;

/// <summary>
/// libnftables waits for its socket with select(2), whose sets end at 1023: with a socket of a higher number glibc ends the process. A
/// daemon with some hundred containers has more files open than that, so a few low numbers are kept for the library, from its first
/// call on, when there are few. For one caller at a time.
/// </summary>
internal static class LowDescriptors
{
    private const int SetSize = 1024;

    // Other threads may take some in the moment between giving them up and the library's socket.
    private const int Kept = 8;

    private static readonly Stack<SafeFileHandle> s_kept = [];

    /// <summary>What is opened next has a low number.</summary>
    /// <exception cref="NftablesException">There is none left.</exception>
    public static void Free()
    {
        while (s_kept.TryPop(out var kept)) kept.Dispose();
        using var next = Open();
        if (!IsLow(next)) throw new NftablesException($"libnftables needs a file of a number below {SetSize}, and all are in use");
    }

    public static void Keep()
    {
        while (s_kept.Count < Kept)
        {
            var next = Open();
            if (IsLow(next))
            {
                s_kept.Push(next);
                continue;
            }
            next.Dispose();
            return;
        }
    }

    private static bool IsLow(SafeFileHandle file) => file.DangerousGetHandle() < SetSize;

    private static SafeFileHandle Open() => File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
}
