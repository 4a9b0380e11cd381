using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Hosting;

public sealed class HostFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_engine_id_is_made_once_and_again_when_a_full_disk_left_an_empty_file()
    {
        File.WriteAllText(_folder + "/engine-id", "");
        var id = EngineId.Of(_folder, new CryptoIdSource());
        Assert.Equal(25, id.Length);
        Assert.Equal(id, EngineId.Of(_folder, new CryptoIdSource()));
    }

    [Fact]
    public void Of_two_daemons_the_second_is_refused_in_words()
    {
        using var first = DaemonLock.Take(_folder);
        var refused = Assert.Throws<SkeinException>(() => DaemonLock.Take(_folder));
        Assert.StartsWith($"another Skein daemon runs with exec-root {_folder} (see {_folder}/skein.pid)", refused.Message);
    }

    [Fact]
    public void A_lock_that_cannot_be_had_for_another_reason_names_that()
    {
        Directory.CreateDirectory(_folder + "/skein.pid");
        var error = Assert.ThrowsAny<Exception>(() => DaemonLock.Take(_folder));
        Assert.IsNotType<SkeinException>(error);
        Assert.Contains("skein.pid", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"nodeId\": \"n1\", \"listen")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_part_in_a_swarm_that_cannot_be_read_is_named_and_not_taken_for_none(string content)
    {
        File.WriteAllText(_folder + "/swarm.json", content);
        var error = Assert.Throws<SkeinException>(() => SwarmMemory.Read(_folder));
        Assert.StartsWith($"{_folder}/swarm.json cannot be read: ", error.Message);
        Assert.Null(SwarmMemory.Read(_folder + "/none"));
    }

    [Fact]
    public void What_containerd_refuses_is_told_in_its_words_alone()
    {
        var refused = new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unknown, "write meta.db: no space left on device"));
        Assert.Equal("write meta.db: no space left on device", Skein.Api.Http.ErrorResponse.MessageOf(refused));
    }

    [Fact]
    public void A_file_that_cannot_be_replaced_stands_as_it_was_with_nothing_beside_it()
    {
        Directory.CreateDirectory(_folder + "/taken");
        Assert.ThrowsAny<Exception>(() => WholeFile.Write(_folder + "/taken", "new"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: true));
        Assert.Empty(Directory.GetFiles(_folder));

        WholeFile.Write(_folder + "/file", "old"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: true);
        WholeFile.Write(_folder + "/file", "new"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: false);
        Assert.Equal("new", File.ReadAllText(_folder + "/file"));
        Assert.Single(Directory.GetFiles(_folder));
    }
}
