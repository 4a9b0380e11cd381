using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class TerminalTests(SwarmFixture swarm)
{
    [Fact]
    public async Task A_shell_in_a_container_has_a_terminal_of_the_clients_size_and_ends_with_its_status()
    {
        await swarm.CreateAsync("--name terminal busybox sleep 100000");
        var (host, id) = await swarm.AnyContainerOfAsync("terminal");
        var socket = $"unix:///run/skein-lab-{swarm.Name}/h{host}/docker.sock";

        // script(1) gives the CLI a terminal; what is typed comes by its standard input.
        var typed = await InTerminalAsync($"stty rows 37 cols 91; docker -H {socket} exec -it {id} sh", "tty; stty size; ip addr show eth0; exit 5");
        Assert.Contains("/dev/pts/", typed.Output, StringComparison.Ordinal);
        Assert.Contains("37 91", typed.Output, StringComparison.Ordinal);
        Assert.Contains("inet 172.18.", typed.Output, StringComparison.Ordinal);
        Assert.Equal(5, typed.ExitCode);

        // Without one: what goes in comes out, all of it, also after the input's end.
        var piped = await ExternalProgram.RunAsync(
            "bash", "-c", $"set -o pipefail; seq 200000 | docker -H {socket} exec -i {id} sh -c 'cat; echo the end; exit 3' | sha256sum");
        var expected = await ExternalProgram.RunAsync("bash", "-c", "(seq 200000; echo the end) | sha256sum");
        Assert.Equal((3, expected.Output), (piped.ExitCode, piped.Output));
        await swarm.Manager.OutputOfAsync("service rm terminal");
    }

    private static Task<ProgramResult> InTerminalAsync(string command, string typed) =>
        ExternalProgram.RunAsync("bash", "-c", $"echo '{typed}' | script --quiet --return --command '{command}' /dev/null");
}
