using Skein.Agent.Containers;
using Skein.Api.Containers;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Api;

public class ContainerWordsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(0.2, "Up Less than a second")]
    [InlineData(1, "Up 1 second")]
    [InlineData(59, "Up 59 seconds")]
    [InlineData(61, "Up About a minute")]
    [InlineData(180, "Up 3 minutes")]
    [InlineData(3700, "Up About an hour")]
    [InlineData(10800, "Up 3 hours")]
    public void A_running_container_says_for_how_long(double seconds, string words) => Assert.Equal(
        words,
        ContainerWords.Describe(new ContainerState(ContainerStatus.Running, 1, 0, false, "", s_now.AddSeconds(-seconds), null), null, s_now));

    [Theory]
    [InlineData("sleep 1", "sleep", "1")]
    [InlineData("sh -c 'echo a b'", "sh", "-c", "echo a b")]
    [InlineData("my program", "my program")]
    [InlineData("sh ", "sh", "")]
    public void A_commands_arguments_with_a_space_stand_in_quotes(string column, params string[] command) =>
        Assert.Equal(column, ContainerWords.CommandColumn(command));

    [Fact]
    public void An_ended_one_says_with_what_code() => Assert.Equal(
        "Exited (137) 2 minutes ago",
        ContainerWords.Describe(new ContainerState(ContainerStatus.Exited, 0, 137, false, "", s_now.AddHours(-1), s_now.AddMinutes(-2)), null, s_now));

    [Theory]
    [InlineData(HealthVerdict.Starting, "Up 3 seconds (health: starting)")]
    [InlineData(HealthVerdict.Healthy, "Up 3 seconds (healthy)")]
    [InlineData(HealthVerdict.Unhealthy, "Up 3 seconds (unhealthy)")]
    public void One_with_a_health_check_says_what_it_found(HealthVerdict verdict, string words) => Assert.Equal(
        words,
        ContainerWords.Describe(
            new ContainerState(ContainerStatus.Running, 1, 0, false, "", s_now.AddSeconds(-3), null), ContainerHealth.Starting with { Verdict = verdict }, s_now));
}
