namespace Skein.Model.Timing;

/// <summary>Loops that serve one thing together: none goes on without the others.</summary>
public static class Sides
{
    /// <summary>Runs until one of them ends or fails; the others are cancelled and waited for, and it ends as that one did.</summary>
    /// <param name="all">What cancels them all.</param>
    public static async Task UntilOneEndsAsync(CancellationTokenSource all, params Task[] sides)
    {
        var first = await Task.WhenAny(sides);
        await all.CancelAsync();
        await Task.WhenAll(sides).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    /// <summary>Waits for whichever of these comes first, and calls the others off. It ends as that one did.</summary>
    public static async Task FirstAsync(CancellationToken cancel, params Func<CancellationToken, Task>[] waits)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await UntilOneEndsAsync(over, [.. waits.Select(wait => wait(over.Token))]);
    }
}
