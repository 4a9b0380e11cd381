using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Refusals;

[Collection(nameof(SharedSwarm))]
public sealed class ContainerRefusals(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Theory]
    [InlineData("exec nothing ls")]
    [InlineData("logs nothing")]
    [InlineData("stop nothing")]
    [InlineData("rm nothing")]
    [InlineData("top nothing")]
    [InlineData("wait nothing")]
    [InlineData("attach nothing")]
    [InlineData("restart nothing")]
    [InlineData("pause nothing")]
    public Task A_container_that_is_not_there_is_not_found(string line) => Manager.RefusesAsync(line, "No such container: nothing");

    [Fact]
    public Task A_container_that_is_not_there_is_not_killed() => Manager.RefusesAsync("kill nothing", "cannot kill container: nothing: No such container: nothing");

    [Fact]
    public async Task An_image_that_is_not_there_is_not_found()
    {
        await Manager.RefusesAsync("rmi nothing", "No such image: nothing:latest");
        await Manager.RefusesAsync("image inspect nothing", "No such image: nothing:latest");
        await Manager.RefusesAsync("tag nothing something", "No such image: nothing:latest");
        // In the midst of what it tells of its progress, as Docker.
        Assert.Contains("An image does not exist locally with the tag: nothing", (await Manager.RunAsync("push", "nothing")).Errors, StringComparison.Ordinal);
        await Manager.RefusesAsync("pull nothing", "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host");
        Assert.Contains("No such object: nothing", (await Manager.RunAsync("inspect", "nothing")).Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "run --rm --network ingress httpd",
        "failed to set up container networking: Could not attach to network ingress: rpc error: code = PermissionDenied desc = network ingress not manually attachable", 125)]
    [InlineData("service create --name x --network host httpd", "tasks on the network \"host\" are not supported yet: use an overlay network", 1)]
    public Task What_is_not_supported_says_so(string line, string message, int status) =>
        Manager.ChangesNothingAsync(() => Manager.RefusesAsync(line, message, status));

    [Fact]
    public async Task A_running_container_refuses_what_makes_no_sense()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name target httpd");
        await Manager.RunningAsync("target", 1);
        var (host, id) = await swarm.AnyContainerOfAsync("target");
        var docker = swarm.Host(host);
        var name = await docker.OutputOfAsync($"inspect --format {{{{.Name}}}} {id}");

        await docker.RefusesAsync($"rm {id}", $"cannot remove container \"{name}\": container is running: stop the container before removing or force remove");
        await docker.RefusesAsync($"kill --signal NOSUCH {id}", $"cannot kill container: {id}: invalid signal: NOSUCH");
        await docker.RefusesAsync(
            $"restart {id}",
            $"container {id[..12]} is a task of the service target, which starts another when it ends: use docker service update --force target");
        await ExecFailsAsync(docker, id, ["nosuch"], 127, "exec: \"nosuch\": executable file not found in $PATH");
        await ExecFailsAsync(docker, id, ["/etc/passwd"], 126, "exec: \"/etc/passwd\": permission denied");
        await ExecFailsAsync(docker, id, ["/etc"], 126, "exec: \"/etc\": ");    // "permission denied", or "is a directory" of a newer runc

        // All that left it as it was.
        Assert.Equal([id], await docker.ContainersOfAsync("target"));
        await Manager.OutputOfAsync("service rm target");
    }

    private static async Task ExecFailsAsync(Docker docker, string id, string[] command, int status, string reason)
    {
        var result = await docker.RunAsync(["exec", id, .. command]);
        Assert.True(result.ExitCode == status, $"status {status} expected of {result}");
        Assert.Contains($"OCI runtime exec failed: exec failed: unable to start container process: {reason}", result.ToString(), StringComparison.Ordinal);
    }
}
