using System.Diagnostics;
using Xunit;

namespace Skein.ClusterTests.Lab;

public static class Poll
{
    /// <summary>Reads until the condition holds for what was read, and gives that back; else fails with what was read last.</summary>
    public static async Task<T> UntilAsync<T>(string what, TimeSpan deadline, Func<Task<T>> read, Func<T, bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await read();
            if (holds(seen))
                return seen;
            if (clock.Elapsed > deadline)
                Assert.Fail($"{what}: not within {deadline.TotalSeconds} s; last seen:\n{seen}");
            await Task.Delay(50);
        }
    }

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
