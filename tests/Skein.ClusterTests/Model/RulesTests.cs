using Xunit;

namespace Skein.ClusterTests.Model;

/// <summary>The model itself, which is right or wrong without any host.</summary>
public sealed class RulesTests
{
    [Theory]
    [InlineData("run a prog=sleep;stop a 0", "204 a exited 137 0 []")]
    [InlineData("run a prog=polite;stop a 30", "204 a exited 5 0 []")]
    [InlineData("run a prog=brief policy=on-failure", "204 a exited 3 2 []")]
    [InlineData("run a prog=missing", "400 a created 0 []")]
    [InlineData("run a prog=sleep;run a prog=sleep", "409 a running 0 []")]
    [InlineData("run a prog=sleep;pause a;start a", "409 a paused 0 []")]
    [InlineData("run a prog=sleep;rm a", "409 a running 0 []")]
    [InlineData("run a prog=sleep policy=always;kill-process a", "0 a running 1 []")]
    [InlineData("run a prog=sleep policy=on-failure;kill-process a;kill-process a;kill-process a", "0 a exited 137 2 []")]
    [InlineData("run a prog=sleep policy=always;stop a 0;kill-daemon", "0 a running 1 []")]
    [InlineData("run a prog=sleep policy=unless-stopped;stop a 0;kill-daemon", "0 a exited 137 0 []")]
    [InlineData("run a prog=sleep policy=always;stop a 0;kill-daemon;kill-process a", "0 a running 2 []")]
    [InlineData("network-create n;run a prog=sleep policy=unless-stopped net=n;stop a 0;network-rm n;start a;kill-daemon", "0 a exited 128 1 [n]")]
    [InlineData("network-create n;create a prog=sleep net=n;connect n a", "200 a created 0 [n]")]
    [InlineData("create a prog=sleep policy=always;kill-daemon", "0 a created 0 []")]
    [InlineData("network-create n;create a prog=sleep net=n;network-rm n;start a", "404 a created 0 [n]")]
    [InlineData("network-create n;run a prog=sleep net=n;network-rm n", "403 a running 0 [n]")]
    [InlineData("run a prog=sleep;rename a b;inspect a", "404 b running 0 []")]
    public void A_step_has_one_outcome(string steps, string expected)
    {
        var (world, status) = (World.Empty, 0);
        foreach (var step in steps.Split(';'))
        {
            var outcome = Assert.Single(Rules.After(world, Step.Parse(step)));
            (world, status) = (outcome.World, outcome.Status);
        }
        Assert.Equal(expected, $"{status} {world.Seen().Split('\n')[0]}");
    }

    [Fact]
    public void A_step_that_was_torn_has_happened_or_not()
    {
        var world = Rules.After(World.Empty, Step.Parse("run a prog=sleep policy=unless-stopped"))[0].World;
        var outcomes = Rules.After(world, Step.Parse("torn 20 stop a 0"));
        Assert.Equal(["a exited 137 0 []", "a running 0 []"], outcomes.Where(outcome => outcome.Status == 0).Select(outcome => outcome.World.Seen().Split('\n')[0]).Distinct().Order());
        // Who was told that it has happened finds that it has.
        Assert.Equal(["a exited 137 0 []"], outcomes.Where(outcome => outcome.Status == 204).Select(outcome => outcome.World.Seen().Split('\n')[0]));
    }

    [Fact]
    public void A_seed_is_always_the_same_walk()
    {
        Assert.Equal(Drawn(7), Drawn(7));
        Assert.NotEqual(Drawn(7), Drawn(8));
    }

    [Fact]
    public void Every_verb_comes_in_a_walk_and_every_line_is_read_as_it_was_written()
    {
        var drawn = Drawn(1);
        Assert.Empty(Rules.Verbs.Except([.. drawn.Select(step => step.Verb), "wait"]));
        Assert.All(drawn, step => Assert.Equal(step, Step.Parse(step.ToString())));
    }

    private static List<Step> Drawn(int seed)
    {
        var (draw, world, steps) = (new StepDraw(seed), World.Empty, new List<Step>());
        while (steps.Count < 3000)
        {
            steps.Add(draw.Next(world));
            world = Rules.After(world, steps[^1])[0].World;
        }
        return steps;
    }
}
