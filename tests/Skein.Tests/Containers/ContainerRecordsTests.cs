using Skein.Agent.Containers;
using Skein.Agent.Containers.Storage;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Tests.Containers;

public sealed class ContainerRecordsTests : IDisposable
{
    private readonly ContainerEngineOptions _options = new(Directory.CreateTempSubdirectory("skein-records-").FullName, "/run/none");

    public void Dispose() => Directory.Delete(_options.DataRoot, recursive: true);

    [Fact]
    public void What_is_written_is_read_again()
    {
        var records = new ContainerRecords(_options);
        records.Write(Record("c1"), [], "SIGTERM");

        var read = ContainerRecords.ToRecord(Assert.Single(records.ReadAll((id, error) => Assert.Fail($"{id}: {error}"))));
        Assert.Equal(("c1", "web", "sha256:aa"), (read.Id, read.Name, read.ImageId));
        Assert.Equal([new StoredNetwork { Id = "n1", Name = "front" }], read.Definition.Networks);
        Assert.True(read.Definition is { IsTasks: true, TaskId: "t1" });
    }

    /// <summary>What a power cut leaves of a file that was renamed before its bytes were on the disk.</summary>
    [Fact]
    public void An_empty_record_is_an_unreadable_one()
    {
        var records = new ContainerRecords(_options);
        records.Write(Record("c1"), [], "SIGTERM");
        records.Write(Record("c2"), [], "SIGTERM");
        File.WriteAllBytes(Path.Combine(_options.ContainerFolder("c1"), "container.pb"), []);

        var unreadable = new List<string>();
        var read = records.ReadAll((id, _) => unreadable.Add(id)).Select(ContainerRecords.ToRecord).ToList();

        Assert.Equal("c2", Assert.Single(read).Id);
        Assert.Equal(["c1"], unreadable);
    }

    private static ContainerRecord Record(string id) => new(
        new ContainerDefinition { Id = id, Name = "web", TaskId = "t1", Spec = new(), Hostname = "h", Networks = { new StoredNetwork { Id = "n1", Name = "front" } } },
        new ContainerState(ContainerStatus.Created, 0, 0, false, "", null, null),
        DateTimeOffset.UnixEpoch)
    {
        ImageId = "sha256:aa",
    };
}
