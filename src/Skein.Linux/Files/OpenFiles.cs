using System.Globalization;

namespace Skein.Linux.Files;

/// <summary>How many files and sockets this process may have open: at the last of them even the runtime ends, in the midst of anything.</summary>
public static class OpenFiles
{
    private const string Line = "Max open files";

    public static int Most { get; } = Read();

    private static int Read()
    {
        var limits = File.ReadLines("/proc/self/limits").First(line => line.StartsWith(Line, StringComparison.Ordinal));
        var soft = limits[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? most : int.MaxValue;   // "unlimited"
    }
}
