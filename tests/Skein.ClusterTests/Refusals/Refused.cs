using System.Text.RegularExpressions;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Refusals;

internal static partial class Refused
{
    private const string Daemon = "Error response from daemon: ";

    // Those of Debian 12 and 13 (20.10, 26.1) end a sentence of `run` with a dot, and wrap that of `node inspect`.
    private static readonly string[] CliEndings = ["", ".", ", Code: 1"];

    /// <summary>The daemon refuses the line in these words, all of them, and the CLI ends with this status.</summary>
    public static async Task RefusesAsync(this Docker docker, string line, string message, int status = 1)
    {
        var result = await docker.RunAsync(line.Split(' '));
        Assert.True(result.ExitCode == status, $"status {status} expected of {result}");
        Assert.True(result.Errors.Split('\n').Any(line => Says(line, message)), $"expected: {Daemon}{message}\nof {result}");
    }

    // Debian 12's CLI (20.10) has words of its own for what is not found.
    private static bool Says(string line, string message)
    {
        if (CliEndings.Any(ending => line.EndsWith(Daemon + message + ending, StringComparison.Ordinal)))
            return true;
        var notFound = message.EndsWith(" not found", StringComparison.Ordinal) || message.StartsWith("No such ", StringComparison.Ordinal);
        return notFound && OlderNotFound().Match(line) is { Success: true } older && message.Contains(older.Groups[1].Value, StringComparison.Ordinal);
    }

    [GeneratedRegex("Error: No such [a-z]+: ([^ ,]+)")]
    private static partial Regex OlderNotFound();

    /// <summary>Nothing of the swarm differs after the action from what it was before.</summary>
    public static async Task ChangesNothingAsync(this Docker manager, Func<Task> action)
    {
        var before = await ObjectsAsync(manager);
        await action();
        Assert.Equal(before, await ObjectsAsync(manager));
    }

    private static async Task<string> ObjectsAsync(Docker manager)
    {
        List<string> all = ["--"];
        foreach (var list in (string[])["service ls --quiet", "network ls --quiet --no-trunc", "node ls --quiet"])
        {
            var ids = await manager.LinesOfAsync(list);
            all.AddRange(ids.Order(StringComparer.Ordinal));
            if (list.StartsWith("service", StringComparison.Ordinal) && ids.Length > 0)
                all.AddRange(await manager.LinesOfAsync($"service inspect --format {{{{.ID}}}}@{{{{.Version.Index}}}} {string.Join(' ', ids)}"));
        }

        return string.Join('\n', all);
    }
}
