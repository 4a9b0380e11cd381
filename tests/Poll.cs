using System.Diagnostics;

namespace Skein;

/// <summary>
/// How the tests wait: on a condition, with a deadline that only what never comes misses, also on a machine that is slow and busy.
/// Compiled into each of the test projects.
/// </summary>
internal static class Poll
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Cancelled after <see cref="Patience"/>.</summary>
    public static CancellationToken Soon => new CancellationTokenSource(Patience).Token;

    /// <summary>Reads until the condition holds for what was read, and gives that back; else fails with what was read last.</summary>
    public static async Task<T> UntilAsync<T>(string what, Func<Task<T>> read, Func<T, bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await read();
            if (holds(seen)) return seen;
            if (clock.Elapsed > Patience) throw new TimeoutException($"{what}: not within {Patience.TotalSeconds} s; last seen:\n{Text(seen)}");
            await Task.Delay(Pause);
        }
    }

    /// <param name="seen">What the message of a wait in vain adds.</param>
    public static Task UntilAsync(string what, Func<bool> holds, Func<string>? seen = null) =>
        UntilAsync(what, () => Task.FromResult(holds() ? null : seen?.Invoke() ?? "nothing of it"), missing => missing is null);

    private static string? Text<T>(T seen) => seen is IEnumerable<string> lines ? string.Join('\n', lines) : seen?.ToString();
}
