using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>Tests of a program that uses Testcontainers for .NET, run on a host. They stand in Skein.TestcontainersTests.</summary>
[Collection(nameof(SharedHost))]
public sealed class TestcontainersTests(ClientHost host)
{
    private const string Reaper = "skein/reaper:1";

    private static readonly string s_program = AppContext.BaseDirectory.TrimEnd('/').Replace("Skein.ClusterTests", "Skein.TestcontainersTests", StringComparison.Ordinal) + "/Skein.TestcontainersTests";

    private Docker Docker => host.Host(1);

    [Fact]
    public async Task A_programs_tests_pass_and_what_they_leave_is_reaped()
    {
        await Docker.OutputOfAsync("pull -q busybox");
        await LoadReaperAsync();
        var ran = await host.TryInsideAsync(1, $"DOCKER_HOST=unix:///run/docker.sock TESTCONTAINERS_RYUK_CONTAINER_IMAGE={Reaper} exec {s_program} -noColor");
        Assert.True(ran.ExitCode == 0, $"{ran}");
        Assert.Contains("Total: 5, Errors: 0, Failed: 0, Skipped: 0", ran.Output);
        await Poll.UntilAsync("the reaper took all that was left, and itself", LeftAsync, left => left.Length == 0);
    }

    private async Task LoadReaperAsync()
    {
        var archive = Path.Combine(AppContext.BaseDirectory, "reaper.tar");
        await PerlImage.WriteAsync(archive, Reaper, Path.Combine(AppContext.BaseDirectory, "reaper", "reaper.pl"));
        await Docker.OutputOfAsync($"load -q -i {archive}");
        File.Delete(archive);
    }

    private async Task<string[]> LeftAsync() =>
    [
        .. await Docker.LinesOfAsync("ps -a --filter label=org.testcontainers=true --format {{.Names}}"),
        .. await Docker.LinesOfAsync("network ls -q --filter label=org.testcontainers=true"),
        .. await Docker.LinesOfAsync("volume ls -q --filter label=org.testcontainers=true"),
    ];
}
