using System.Text;
using Skein.Agent.Containers.Life;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public class ContainerMachineTests
{
    private static readonly ContainerLifeEvent s_asked = new ContainerLifeEvent.StartAsked();
    private static readonly ContainerLifeEvent s_started = new ContainerLifeEvent.Started();
    private static readonly ContainerLifeEvent s_stop = new ContainerLifeEvent.StopAsked();
    private static readonly ContainerLifeEvent s_over = new ContainerLifeEvent.PauseOver();

    [Fact]
    public void Without_a_policy_it_runs_once() => Tells("no", 0, autoRemove: false, [s_asked, s_started, Exited(1), s_asked, s_started], """
        Starting Start
        Running
        Resting
        Starting Start
        Running
        """);

    [Fact]
    public void Pauses_double_and_a_steady_run_forgets_them() => Tells(
        "always", 0, autoRemove: false, [s_asked, s_started, Exited(0), s_over, s_started, Exited(1), s_over, s_started, Exited(1), s_over, s_started, Exited(1, seconds: 10)], """
        Starting Start
        Running
        Waiting 1 100 ms Wait
        Starting 1 100 ms Start
        Running 1 100 ms
        Waiting 2 200 ms Wait
        Starting 2 200 ms Start
        Running 2 200 ms
        Waiting 3 400 ms Wait
        Starting 3 400 ms Start
        Running 3 400 ms
        Waiting 4 100 ms Wait
        """);

    [Fact]
    public void A_pause_is_a_minute_at_most()
    {
        var life = Life("always", 0);
        for (var i = 0; i < 20; i++) (life, _) = Run(life, [s_over, s_started, Exited(1)]);
        Assert.Equal(TimeSpan.FromMinutes(1), life.Pause);
    }

    [Fact]
    public void On_failure_counts_the_failures() => Tells("on-failure", 1, autoRemove: false, [s_asked, s_started, Exited(3), s_over, s_started, Exited(3), s_asked, s_started, Exited(0)], """
        Starting Start
        Running
        Waiting 1 100 ms Wait
        Starting 1 100 ms Start
        Running 1 100 ms
        Resting 1 100 ms
        Starting Start
        Running
        Resting
        """);

    [Fact]
    public void What_a_user_stopped_stays_stopped() => Tells("unless-stopped", 0, autoRemove: false, [s_asked, s_started, s_stop, Exited(0), s_over, s_asked], """
        Starting Start
        Running
        Running stopped
        Resting stopped
        Resting stopped
        Starting Start
        """);

    [Fact]
    public void A_stop_in_a_pause_ends_it() => Tells("always", 0, autoRemove: false, [s_asked, s_started, Exited(1), s_stop, s_over], """
        Starting Start
        Running
        Waiting 1 100 ms Wait
        Resting 1 100 ms stopped
        Resting 1 100 ms stopped
        """);

    [Fact]
    public void One_that_is_to_go_goes_when_it_has_ended_and_when_it_cannot_begin()
    {
        Tells("no", 0, autoRemove: true, [s_asked, s_started, Exited(0), s_asked], """
            Starting Start
            Running
            Removing Remove
            Removing
            """);
        Tells("no", 0, autoRemove: true, [s_asked, new ContainerLifeEvent.StartFailed(Passing: true)], """
            Starting Start
            Removing Remove
            """);
    }

    [Fact]
    public void A_restart_is_tried_again_when_what_it_lacks_may_come() => Tells(
        "always", 0, autoRemove: false,
        [s_asked, s_started, Exited(1), s_over, new ContainerLifeEvent.StartFailed(Passing: true), s_over, new ContainerLifeEvent.StartFailed(Passing: false)], """
        Starting Start
        Running
        Waiting 1 100 ms Wait
        Starting 1 100 ms Start
        Waiting 2 200 ms Wait
        Starting 2 200 ms Start
        Resting 2 200 ms
        """);

    [Theory]
    [InlineData("always", true, 0, false, "Starting")]
    [InlineData("unless-stopped", true, 0, false, "Resting")]
    [InlineData("unless-stopped", false, 0, false, "Starting")]
    [InlineData("on-failure", false, 1, true, "Starting")]
    [InlineData("on-failure", false, 0, true, "Resting")]
    [InlineData("on-failure", false, 1, false, "Resting")]
    [InlineData("on-failure", true, 1, true, "Resting")]
    [InlineData("no", false, 1, true, "Resting")]
    public void The_next_daemon_starts_what_its_policy_wants(string policy, bool stopped, int exitCode, bool unseen, string phase) =>
        Assert.Equal(phase, $"{Run(Life(policy, 0) with { StoppedByUser = stopped }, [new ContainerLifeEvent.FoundEnded(exitCode, unseen, HasRun: true)]).Life.Phase}");

    [Theory]
    [InlineData("on-failure", 2)]
    [InlineData("no", 0)]
    public void A_start_that_was_waited_for_is_made_by_the_next_daemon(string policy, int counted)
    {
        // Whatever the policy says of another: this one is counted already.
        var (life, _) = Run(Life(policy, 2) with { RestartCount = counted }, [new ContainerLifeEvent.FoundEnded(3, Unseen: false, HasRun: true, Waited: true)]);
        Assert.Equal((ContainerPhase.Starting, counted), (life.Phase, life.RestartCount));
    }

    [Fact]
    public void What_a_daemon_has_started_is_kept_up_again()
    {
        var (life, trace) = Run(Life("always", 0) with { StoppedByUser = true }, [new ContainerLifeEvent.FoundEnded(0, Unseen: false, HasRun: true), s_started, Exited(1)]);
        Assert.Equal((ContainerPhase.Waiting, false), (life.Phase, life.StoppedByUser));
        Assert.EndsWith("Wait", trace);
    }

    [Fact]
    public void What_was_never_started_is_not_started_by_a_daemon() =>
        Tells("always", 0, autoRemove: false, [new ContainerLifeEvent.FoundEnded(0, Unseen: false, HasRun: false)], "Resting");

    [Fact]
    public void A_daemon_takes_away_what_ended_while_it_was_gone() =>
        Tells("no", 0, autoRemove: true, [new ContainerLifeEvent.FoundEnded(0, Unseen: true, HasRun: true)], "Removing Remove");

    [Fact]
    public void A_new_policy_counts_from_the_next_end() =>
        Tells("no", 0, autoRemove: false, [s_asked, s_started, new ContainerLifeEvent.PolicyChanged(new() { Name = "always" }), Exited(0)], """
        Starting Start
        Running
        Running
        Waiting 1 100 ms Wait
        """);

    private static ContainerLifeEvent Exited(int code, int seconds = 1) => new ContainerLifeEvent.Exited(code, TimeSpan.FromSeconds(seconds));

    private static ContainerLife Life(string policy, int retries, bool autoRemove = false) =>
        new(new() { Name = policy, MaximumRetryCount = retries }, autoRemove);

    private static (ContainerLife Life, string Trace) Run(ContainerLife life, IEnumerable<ContainerLifeEvent> events)
    {
        var trace = new StringBuilder();
        foreach (var happened in events)
        {
            (life, var command) = ContainerMachine.Step(life, happened);
            trace.Append(life.Phase);
            if (life.RestartCount > 0) trace.Append($" {life.RestartCount} {life.Pause.TotalMilliseconds} ms");
            if (life.StoppedByUser) trace.Append(" stopped");
            if (command != ContainerLifeCommand.None) trace.Append($" {command}");
            trace.Append('\n');
        }
        return (life, trace.ToString().TrimEnd());
    }

    private static void Tells(string policy, int retries, bool autoRemove, ContainerLifeEvent[] events, string trace) =>
        Assert.Equal(trace, Run(Life(policy, retries, autoRemove), events).Trace);
}
