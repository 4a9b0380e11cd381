using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Skein.ClusterTests.Model;

/// <summary>
/// Steps at random, with daemons, shims and containerd killed in the midst of them, beside the model of <see cref="Rules"/>. A failure tells
/// its seed and its steps, which can be walked again, and others tried: SKEIN_MODEL_SEED, SKEIN_MODEL_STEPS (how many), SKEIN_MODEL_LOG (a file of steps).
/// </summary>
[Collection(Alone.Name)]
public sealed class RandomStepTests(OneHost host) : IClassFixture<OneHost>
{
    // A bounded number: the whole suite has to come to its end.
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(60);
    // New walks are taken by hand; one that is taken each time fails for what was changed, and not by chance.
    private const int SeedOfEveryRun = 3;

    private static readonly int s_steps = Number("SKEIN_MODEL_STEPS") ?? 250;

    [Fact]
    public async Task Whatever_is_done_a_host_is_as_the_model_says_and_nothing_is_left()
    {
        var seed = Number("SKEIN_MODEL_SEED") ?? SeedOfEveryRun;
        var draw = new StepDraw(seed);
        var clock = Stopwatch.StartNew();
        var bounded = Number("SKEIN_MODEL_STEPS") is null;
        await WalkAsync($"seed {seed}", async walk =>
        {
            for (var done = 0; done < s_steps && (!bounded || clock.Elapsed < s_time); done++) await walk.GoAsync(draw.Next(walk.World));
        });
    }

    [Fact]
    public async Task What_once_failed_is_as_the_model_says()
    {
        var logs = Environment.GetEnvironmentVariable("SKEIN_MODEL_LOG") is { Length: > 0 } file ? [await File.ReadAllTextAsync(file)] : FormerFaults.All;
        foreach (var log in logs)
        {
            await WalkAsync("steps", async walk =>
            {
                foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries)) await walk.GoAsync(Step.Parse(line.Trim()));
            });
        }
    }

    private async Task WalkAsync(string name, Func<Walk, Task> steps)
    {
        var before = await host.TracesAsync();
        using var walk = new Walk(host);
        try
        {
            await steps(walk);
            await walk.EndAsync();
            await Poll.UntilAsync("nothing is left", async () => Difference(before, await host.TracesAsync()), left => left.Length == 0);
        }
        catch (Exception fault)
        {
            await host.ClearAsync();
            Assert.Fail($"{name}: {fault.Message}\nafter:\n{walk.Log}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {walk.Log.Count(letter => letter == '\n')} steps");
    }

    private static string Difference(string before, string now)
    {
        var (former, present) = (before.Split('\n'), now.Split('\n'));
        return string.Join('\n', present.Except(former).Select(line => "+ " + line).Concat(former.Except(present).Select(line => "- " + line)));
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
