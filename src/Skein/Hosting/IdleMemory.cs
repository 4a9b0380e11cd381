using System.Runtime;
using Skein.Linux.Memory;

namespace Skein.Hosting;

/// <summary>
/// Gives back what a burst of work left behind, once it is quiet again: a collector that is left alone keeps the room
/// that sixty starting tasks needed, on a host whose tasks could use it.
/// </summary>
internal sealed class IdleMemory(TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    // Beats, snapshots and polls allocate about 100 KB a second; a task being started several MB.
    private const long QuietBytes = 2 << 20;
    private const long WorthwhileBytes = 3 << 20;

    public async Task RunAsync(CancellationToken cancel)
    {
        long trimmedAt = 0, last = 0;
        while (true)
        {
            await Task.Delay(s_interval, time, cancel);
            var allocated = GC.GetTotalAllocatedBytes();
            if (allocated - last < QuietBytes && allocated - trimmedAt > WorthwhileBytes)
            {
                GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                ProcessMemory.Trim();
                trimmedAt = GC.GetTotalAllocatedBytes();
            }
            last = allocated;
        }
    }
}
