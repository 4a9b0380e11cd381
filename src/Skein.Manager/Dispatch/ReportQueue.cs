using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>
/// How much of one node's reports waits to be stored. A node has a few under way and keeps the rest to itself; one that sends on
/// regardless would have this manager hold it all.
/// </summary>
internal sealed class ReportQueue
{
    /// <summary>Twice what a node sends before it is answered.</summary>
    public const int MostReports = 32;

    public const int MostBytes = 16 << 20;

    /// <summary>What an update takes of memory beside its bytes: of two bytes each, a report could hold half a million.</summary>
    public const int OfUpdate = 256;

    /// <summary>Likewise of a port.</summary>
    public const int OfPort = 64;

    private readonly Lock _lock = new();
    private int _reports;
    private long _bytes;

    public bool TryEnter(TaskStatusReport report)
    {
        lock (_lock)
        {
            if (_reports == MostReports || _bytes + SizeOf(report) > MostBytes) return false;
            _reports++;
            _bytes += SizeOf(report);
            return true;
        }
    }

    public void Leave(TaskStatusReport report)
    {
        lock (_lock)
        {
            _reports--;
            _bytes -= SizeOf(report);
        }
    }

    private static long SizeOf(TaskStatusReport report) =>
        report.CalculateSize() + report.Updates.Sum(update => OfUpdate + ((update.Status?.HostPorts.Count ?? 0) * (long)OfPort));
}
