using System.Diagnostics;
using System.Globalization;

namespace Skein.Bench;

/// <summary>The machine that all hosts share.</summary>
internal static class Machine
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a quiet moment is waited for; zero on a machine that never is, where only the ratio of turns tells something.</summary>
    public static TimeSpan Limit { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Waits, for the limit at most, until less than a fifth of the processors is busy.</summary>
    public static async Task QuietAsync()
    {
        if (Limit == TimeSpan.Zero) return;
        var clock = Stopwatch.StartNew();
        do
        {
            var before = Busy();
            await Task.Delay(Look);
            if ((Busy() - before) / Look.TotalSeconds < 0.2 * Environment.ProcessorCount)
                return;
        }
        while (clock.Elapsed < Limit);

        Console.Error.WriteLine("  (the machine did not become quiet)");
    }

    // proc_stat(5): user nice system idle iowait irq softirq steal, in hundredths of a second.
    private static double Busy()
    {
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1).Take(8).Select(f => double.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return (ticks.Sum() - ticks[3] - ticks[4]) / 100;
    }
}
