namespace Skein.ClusterTests.Lab;

/// <summary>One host in no swarm, for clients that run containers; each leaves it as it found it.</summary>
public sealed class ClientHost() : LabFixture(1)
{
    public string Socket => $"/run/skein-lab-{Name}/h1/docker.sock";
}
