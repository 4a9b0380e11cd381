using System.Diagnostics.CodeAnalysis;
using Skein.Model;

namespace Skein.Lab;

/// <summary>Waits for a condition with a deadline that has a name.</summary>
internal static class Patience
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(15);

    public static Task UntilAsync(string what, TimeSpan deadline, Func<bool> condition, TimeProvider time, CancellationToken cancel) =>
        UntilAsync(what, deadline, () => Task.FromResult(condition()), time, cancel);

    /// <exception cref="SkeinException">The condition did not hold before the deadline; the message names it.</exception>
    [SuppressMessage("Design", "CA1068", Justification = "the same order as above")]
    public static async Task UntilAsync(string what, TimeSpan deadline, Func<Task<bool>> condition, TimeProvider time, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(start) > deadline)
                throw SkeinException.Unavailable($"waited {deadline.TotalSeconds:0} s in vain until {what}");
            await Task.Delay(Pause, time, cancel);
        }
    }
}
