using System.Globalization;
using System.Text;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Model;

/// <summary>One sequence of steps on a host, beside all worlds that may have come of it. After each step there must be one left.</summary>
internal sealed class Walk(OneHost host) : IDisposable
{
    // What the killing of a daemon leaves under way settles after its successor's first answer.
    private const int SameTimes = 15;

    private readonly EngineClient _client = new(host.Socket);
    private readonly StringBuilder _log = new();
    private IReadOnlyList<World> _worlds = [World.Empty];

    public string Log => _log.ToString();

    public World World => _worlds[0];

    public void Dispose() => _client.Dispose();

    public async Task GoAsync(Step step)
    {
        _log.Append(step).Append('\n');
        if (step.Verb is "stop" or "restart" or "torn") await AllHaveBegunAsync();
        var outcomes = _worlds.SelectMany(world => Rules.After(world, step)).ToList();
        var answer = await DoAsync(step);
        var allowed = outcomes.Where(outcome => outcome.Allows(answer)).ToList();
        Assert.True(allowed.Count > 0, $"{step}: {answer}\nallowed: {string.Join(", ", outcomes.Select(outcome => $"{outcome.Status} {outcome.Text}").Distinct())}");
        await MatchAsync(step, [.. allowed.Select(outcome => outcome.World).DistinctBy(world => world.Whole())]);
    }

    private async Task MatchAsync(Step step, IReadOnlyList<World> worlds)
    {
        var (last, times, wanted) = ("", 0, step.Verb is "torn" or "kill-daemon" or "kill-containerd" ? SameTimes : 1);
        try
        {
            await Poll.UntilAsync("the host is as the model says", _client.SeenAsync, seen =>
            {
                (last, times) = (seen, seen == last ? times + 1 : 1);
                return times >= wanted && worlds.Any(world => world.Seen() == seen);
            });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{step}: there is\n{last}\nexpected:\n{string.Join("\nor\n", worlds.Select(world => world.Seen()).Distinct())}");
        }
        _worlds = [.. worlds.Where(world => world.Seen() == last)];
    }

    private async Task<Answer> DoAsync(Step step)
    {
        switch (step.Verb)
        {
            case "kill-daemon":
                await host.RestartDaemonAsync(1);
                return new(0, "");
            case "kill-containerd":
                await host.KillContainerdAsync();
                return new(0, "");
            case "kill-shim" or "kill-process":
                await host.KillAsync(step.Subject, step.Verb == "kill-shim");
                return new(0, "");
            case "torn":
                return await TearAsync(step);
            default:
                return await _client.DoAsync(step);
        }
    }

    private async Task<Answer> TearAsync(Step step)
    {
        var doing = _client.DoAsync(Step.Parse(step.Detail));
        await Task.Delay(TimeSpan.FromMilliseconds(int.Parse(step.Subject, CultureInfo.InvariantCulture)));
        await host.RestartDaemonAsync(1);
        var answer = await doing;
        // A run is two requests: the second may find the next daemon.
        return answer;
    }

    /// <summary>A program is asked to end when it can hear that.</summary>
    private async Task AllHaveBegunAsync()
    {
        foreach (var (name, box) in World.Boxes.Where(pair => pair.Value.Phase == Phase.Running))
        {
            var expected = _worlds.Select(world => Rules.After(world, new("logs", name))[0]).ToList();
            await Poll.UntilAsync($"{name} has begun {box.Starts} times", () => _client.DoAsync(new("logs", name)), said => expected.Any(outcome => outcome.Allows(said)));
        }
    }

    /// <summary>Takes away what is left, and nothing else is there.</summary>
    public async Task EndAsync()
    {
        foreach (var name in World.Boxes.Keys.ToList()) await GoAsync(new("rm", name, "force"));
        foreach (var name in World.Networks.ToList()) await GoAsync(new("network-rm", name));
        foreach (var name in World.Volumes.ToList()) await GoAsync(new("volume-rm", name));
        foreach (var name in World.Tags.ToList()) await GoAsync(new("untag", name));
    }
}
