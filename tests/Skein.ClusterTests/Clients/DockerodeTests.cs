using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>Containers of a host as a program sees them that uses Docker's client for Node. What it does stands in dockerode.js.</summary>
[Collection(nameof(SharedHost))]
public sealed class DockerodeTests(ClientHost host)
{
    private const string Modules = "/usr/local/lib/skein-lab/node_modules";

    [Fact]
    public async Task A_program_in_JavaScript_finds_what_it_knows_of_Docker()
    {
        Assert.SkipUnless(Directory.Exists(Modules), "dockerode is not installed");
        var program = Path.Combine(AppContext.BaseDirectory, "dockerode", "dockerode.js");
        (await ExternalProgram.RunAsync("env", $"DOCKER_SOCKET={host.Socket}", $"NODE_PATH={Modules}", "node", program)).Succeeded();
    }
}
