using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>A swarm as a program sees it that uses Docker's client for Python: Debian's python3-docker. What it does stands in docker_py.py.</summary>
public sealed class DockerPyTests(DockerPyTests.OneHost lab) : IClassFixture<DockerPyTests.OneHost>
{
    [Theory]
    [InlineData("Swarm")]
    [InlineData("Services")]
    [InlineData("Containers")]
    public async Task A_program_in_Python_finds_what_it_knows_of_Docker(string part) => (await ExternalProgram.RunAsync(
        "/usr/bin/python3", "-W", "ignore", Path.Combine(AppContext.BaseDirectory, "docker_py.py"), $"/run/skein-lab-{lab.Name}/h1/docker.sock", LabFixture.Address(1), part)).Succeeded();

    public sealed class OneHost() : LabFixture(1);
}
