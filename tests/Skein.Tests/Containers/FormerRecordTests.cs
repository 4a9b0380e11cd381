using Skein.Agent.Containers;
using Skein.Agent.Containers.Storage;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Containers;

/// <summary>An upgrade finds the records of the daemon before it.</summary>
public sealed class FormerRecordTests : IDisposable
{
    private const string Id = "d6e46364f815609d8ea3e123199f895844eb83ffb28dbdf002b311e37894150d";

    // A running task's, as Skein wrote it before users had containers.
    private const string Written = """
        CkBkNmU0NjM2NGY4MTU2MDlkOGVhM2UxMjMxOTlmODk1ODQ0ZWI4M2ZmYjI4ZGJkZjAwMmIzMTFlMzc4OTQxNTBkEh93ZWIuMS54ZzdqaGNkdWVrejE3N2dkamZ1OWQxN244GnUKVmJ1
        c3lib3g6bGF0ZXN0QHNoYTI1NjpkOTQzYjY5NDkzNjEzNTUzZjdhZmJhZTA4ZGZjMGY5ZjA1ZTFhMTVmODUwYmZkYWI2NzE5ZDkwYjZhNDQ2ODIzIgVzbGVlcCIGMTAwMDAwegYIgLzB
        lguSAQCaAQAiNQoYY29tLmRvY2tlci5zd2FybS5ub2RlLmlkEhk5djhqeDdqY2NvOWxmbXplc2c0eTNxNXA5IjgKG2NvbS5kb2NrZXIuc3dhcm0uc2VydmljZS5pZBIZeGc3aHh4a3pq
        bnMwMXZ6MG8zMjM4dXptMCIkCh1jb20uZG9ja2VyLnN3YXJtLnNlcnZpY2UubmFtZRIDd2ViIhcKFWNvbS5kb2NrZXIuc3dhcm0udGFzayI1Chhjb20uZG9ja2VyLnN3YXJtLnRhc2su
        aWQSGXhnN2poY2R1ZWt6MTc3Z2RqZnU5ZDE3bjgiPQoaY29tLmRvY2tlci5zd2FybS50YXNrLm5hbWUSH3dlYi4xLnhnN2poY2R1ZWt6MTc3Z2RqZnU5ZDE3bjgqDGQ2ZTQ2MzY0Zjgx
        NTJRL3J1bi9za2Vpbi9uZXRucy9kNmU0NjM2NGY4MTU2MDlkOGVhM2UxMjMxOTlmODk1ODQ0ZWI4M2ZmYjI4ZGJkZjAwMmIzMTFlMzc4OTQxNTBkOmQvdmFyL2xpYi9za2Vpbi9uZXR3
        b3Jrcy9kNmU0NjM2NGY4MTU2MDlkOGVhM2UxMjMxOTlmODk1ODQ0ZWI4M2ZmYjI4ZGJkZjAwMmIzMTFlMzc4OTQxNTBkL3Jlc29sdi5jb25mQl4vdmFyL2xpYi9za2Vpbi9uZXR3b3Jr
        cy9kNmU0NjM2NGY4MTU2MDlkOGVhM2UxMjMxOTlmODk1ODQ0ZWI4M2ZmYjI4ZGJkZjAwMmIzMTFlMzc4OTQxNTBkL2hvc3RzSmEvdmFyL2xpYi9za2Vpbi9uZXR3b3Jrcy9kNmU0NjM2
        NGY4MTU2MDlkOGVhM2UxMjMxOTlmODk1ODQ0ZWI4M2ZmYjI4ZGJkZjAwMmIzMTFlMzc4OTQxNTBkL2hvc3RuYW1lUgkKBRCAgIAgEgBggLzBlgtqCwily7LYBhCs4+V9ciIKGTNwczR2
        MW54dThwd2UzYm5xdHd6d3hsY2wSBWZyb250ogEHUnVubmluZ6gB5AHKAQwIpcuy2AYQ2KDglALCApoCCgdvdmVybGF5EgdvdmVybGF5GglpbmRleD1vZmYaU3dvcmtkaXI9L3Zhci9s
        aWIvY29udGFpbmVyZC9pby5jb250YWluZXJkLnNuYXBzaG90dGVyLnYxLm92ZXJsYXlmcy9zbmFwc2hvdHMvMi93b3JrGlJ1cHBlcmRpcj0vdmFyL2xpYi9jb250YWluZXJkL2lvLmNv
        bnRhaW5lcmQuc25hcHNob3R0ZXIudjEub3ZlcmxheWZzL3NuYXBzaG90cy8yL2ZzGlJsb3dlcmRpcj0vdmFyL2xpYi9jb250YWluZXJkL2lvLmNvbnRhaW5lcmQuc25hcHNob3R0ZXIu
        djEub3ZlcmxheWZzL3NuYXBzaG90cy8xL2ZzygIHU0lHVEVSTdICR3NoYTI1Njo3ZWFkYzA2OGNhZjBhZGM2MzVhNGFjMzFjZGZlZDViMjNjMTY2MjNmM2I1ZWQ4NTNmMTM4ZjQxNTcx
        MTM2MjNh
        """;

    private readonly ContainerEngineOptions _options = new(Directory.CreateTempSubdirectory("skein-records-").FullName, "/run/none");

    public void Dispose() => Directory.Delete(_options.DataRoot, recursive: true);

    [Fact]
    public void A_task_of_a_Skein_before_users_containers_is_known_again()
    {
        Directory.CreateDirectory(_options.ContainerFolder(Id));
        File.WriteAllBytes(Path.Combine(_options.ContainerFolder(Id), "container.pb"), Convert.FromBase64String(Written));
        var records = new ContainerRecords(_options);

        var stored = Assert.Single(records.ReadAll((id, error) => Assert.Fail($"{id}: {error}")));
        var read = ContainerRecords.ToRecord(stored);
        Assert.Equal(("web.1.xg7jhcduekz177gdjfu9d17n8", ContainerStatus.Running), (read.Name, read.State.Status));
        Assert.True(read.Definition is { IsTasks: true, TaskId: "xg7jhcduekz177gdjfu9d17n8" });
        Assert.Equal("web", read.Definition.Labels["com.docker.swarm.service.name"]);
        Assert.Equal(TimeSpan.FromSeconds(3), read.Definition.Grace);
        Assert.Equal(["front"], read.Definition.Networks.Select(network => network.Name));
        Assert.Equal("/run/skein/netns/" + Id, read.Definition.NetworkNamespacePath);
        Assert.Equal("overlay", Assert.Single(ContainerRecords.RootMounts(stored)).Type);

        // And in today's form from its next change on.
        records.Write(read, ContainerRecords.RootMounts(stored), stored.StopSignal);
        var again = Assert.Single(records.ReadAll((id, error) => Assert.Fail($"{id}: {error}")));
        Assert.Equal(stored, again);
        Assert.Equal(read.Definition, StoredContainer.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(_options.ContainerFolder(Id), "container.pb"))).Definition);
    }
}
