using System.Diagnostics;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>The program itself, before it has its containerd.</summary>
public sealed class DaemonProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-daemon-").FullName;

    [Fact]
    public async Task A_hang_up_ends_nothing_and_a_termination_all()
    {
        var config = Path.Combine(_folder, "daemon.json");
        File.WriteAllText(config, "{}");
        using var daemon = Process.Start(new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "skein"),
            [
                "daemon", "--config-file", config, "--data-root", _folder + "/data", "--exec-root", _folder + "/exec",
                "--host", $"unix://{_folder}/docker.sock", "--containerd", _folder + "/none.sock",
            ])
        { RedirectStandardError = true })!;
        try
        {
            await SaysAsync(daemon, "Waiting for containerd");
            Commands.Run("kill", "-HUP", $"{daemon.Id}");
            await SaysAsync(daemon, "SIGHUP changes nothing");
            Commands.Run("kill", "-TERM", $"{daemon.Id}");
            await daemon.WaitForExitAsync(Poll.Soon);
            Assert.Equal(0, daemon.ExitCode);
        }
        finally
        {
            if (!daemon.HasExited) daemon.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task SaysAsync(Process daemon, string words)
    {
        var seen = "";
        while (!seen.Contains(words, StringComparison.Ordinal))
            seen += await daemon.StandardError.ReadLineAsync(Poll.Soon) ?? throw new InvalidOperationException($"it has ended and did not say \"{words}\" but:\n{seen}");
    }
}
