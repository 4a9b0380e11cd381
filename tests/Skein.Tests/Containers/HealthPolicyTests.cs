using Skein.Agent.Containers;
using Skein.Agent.Containers.Health;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public class HealthPolicyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static HealthConfig Check(int retries = 3, int startPeriodSeconds = 0) => HealthPolicy.Merge(
        new HealthConfig { Test = { "CMD", "true" }, Retries = retries, StartPeriod = startPeriodSeconds * 1_000_000_000L }, null)!;

    [Fact]
    public void Docker_fills_in_thirty_seconds_and_three_tries()
    {
        var health = Check();
        Assert.Equal(TimeSpan.FromSeconds(30), HealthPolicy.Delay(health, HealthState.Initial, TimeSpan.Zero));
        Assert.Equal(3, health.Retries);
    }

    [Fact]
    public void The_services_values_come_before_the_images()
    {
        var image = new HealthConfig { Test = { "CMD-SHELL", "image" }, Interval = 7, Retries = 9 };
        Assert.Equal("image", HealthPolicy.Merge(null, image)!.Test[1]);
        Assert.Equal(5, HealthPolicy.Merge(new HealthConfig { Interval = 5 }, image)!.Interval);
        Assert.Equal(9, HealthPolicy.Merge(new HealthConfig { Interval = 5 }, image)!.Retries);
        Assert.Null(HealthPolicy.Merge(new HealthConfig { Test = { "NONE" } }, image));
        Assert.Null(HealthPolicy.Merge(null, null));
        Assert.Equal(["/bin/sh", "-c", "image"], HealthPolicy.Command(image));
    }

    [Fact]
    public void What_an_image_says_makes_no_probe_that_never_rests_and_none_that_no_timer_can_wait_for()
    {
        var restless = HealthPolicy.Merge(null, new() { Test = { "CMD", "true" }, Interval = 1, Timeout = 1 })!;
        Assert.Equal(TimeSpan.FromMilliseconds(50), HealthPolicy.Delay(restless, HealthState.Initial, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromMilliseconds(50), HealthPolicy.Limit(restless));
        var endless = HealthPolicy.Merge(null, new() { Test = { "CMD", "true" }, Interval = long.MaxValue, Timeout = long.MaxValue, StartPeriod = long.MaxValue, StartInterval = long.MaxValue })!;
        using var limit = new CancellationTokenSource(HealthPolicy.Limit(endless), TimeProvider.System);
        using var delay = new CancellationTokenSource(HealthPolicy.Delay(endless, HealthState.Initial, TimeSpan.Zero), TimeProvider.System);
        Assert.False(limit.IsCancellationRequested || delay.IsCancellationRequested);
    }

    [Fact]
    public void So_many_failures_in_a_row_make_it_unhealthy()
    {
        var health = Check(retries: 2);
        var once = HealthPolicy.Next(health, HealthState.Initial, false, Second);
        Assert.Equal(HealthVerdict.Starting, once.Verdict);
        Assert.Equal(HealthVerdict.Unhealthy, HealthPolicy.Next(health, once, false, Second).Verdict);
        var well = HealthPolicy.Next(health, once, true, Second);
        Assert.Equal(new HealthState(HealthVerdict.Healthy, 0), well);
        Assert.Equal(HealthVerdict.Healthy, HealthPolicy.Next(health, well, false, Second).Verdict);
    }

    [Fact]
    public void In_the_start_period_failures_do_not_count()
    {
        var health = Check(retries: 1, startPeriodSeconds: 10);
        Assert.Equal(HealthState.Initial, HealthPolicy.Next(health, HealthState.Initial, false, 9 * Second));
        Assert.Equal(HealthVerdict.Unhealthy, HealthPolicy.Next(health, HealthState.Initial, false, 10 * Second).Verdict);
        Assert.Equal(TimeSpan.FromSeconds(5), HealthPolicy.Delay(health, HealthState.Initial, Second));
        Assert.Equal(TimeSpan.FromSeconds(30), HealthPolicy.Delay(health, HealthState.Initial, 10 * Second));
    }
}
