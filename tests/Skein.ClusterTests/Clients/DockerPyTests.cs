using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>A host as a program sees it that uses Docker's client for Python: Debian's python3-docker. What it does stands in the .py files beside this one.</summary>
[Collection(nameof(SharedHost))]
public sealed class DockerPyTests(ClientHost host)
{
    [Theory]
    [InlineData("docker_py", "Swarm")]
    [InlineData("docker_py", "Services")]
    [InlineData("docker_py", "Containers")]
    [InlineData("docker_py_containers", "Containers")]
    [InlineData("docker_py_containers", "Surroundings")]
    public async Task A_program_in_Python_finds_what_it_knows_of_Docker(string program, string part) => (await ExternalProgram.RunAsync(
        "/usr/bin/python3", "-W", "ignore", Path.Combine(AppContext.BaseDirectory, program + ".py"), host.Socket, LabFixture.Address(1), part)).Succeeded();
}
