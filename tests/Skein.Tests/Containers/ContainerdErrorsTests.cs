using Grpc.Core;
using Skein.Agent.Containerd;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class ContainerdErrorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-errors-").FullName;

    private string Socket => Path.Combine(_folder, "containerd.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_containerd_that_is_away_is_said_to_be()
    {
        using var client = new ContainerdClient(Socket);
        Assert.Equal(
            (StatusCode.Unavailable, $"containerd does not answer at {Socket}"),
            await ErrorAsync(async () => await client.VersionAsync(default)));
        using var list = client.Snapshots.List(new());
        Assert.Equal(
            (StatusCode.Unavailable, $"containerd does not answer at {Socket}"),
            await ErrorAsync(async () => await list.ResponseStream.MoveNext(default)));
    }

    [Theory]
    [InlineData(StatusCode.NotFound, StatusCode.NotFound, "its words")]
    [InlineData(StatusCode.Unavailable, StatusCode.Unavailable, "its words")]
    [InlineData(StatusCode.Cancelled, StatusCode.Unavailable, null)]   // by a containerd that ends, not by us
    public async Task What_containerd_says_is_told_without_the_transports_words(StatusCode said, StatusCode told, string? words)
    {
        await using var containerd = await ScriptedContainerd.StartAsync(Socket);
        containerd.On("Version/Version", () => throw new RpcException(new Status(said, "its words")));
        Assert.Equal((told, words ?? $"containerd does not answer at {Socket}"), await ErrorAsync(async () => await containerd.Client.VersionAsync(default)));
    }

    /// <summary>What a container's command is called stands in it, and may be called anything.</summary>
    [Fact]
    public async Task What_it_says_at_length_is_told_too()
    {
        var words = new string('x', 2 << 20);
        await using var containerd = await ScriptedContainerd.StartAsync(Socket);
        containerd.On("Tasks/Create", () => throw new RpcException(new Status(StatusCode.Unknown, words)));
        Assert.Equal((StatusCode.Unknown, words), await ErrorAsync(async () => await containerd.Client.Tasks.CreateAsync(new(), cancellationToken: Poll.Soon)));
    }

    /// <summary>It passes the deadline on to a shim, and answers when that has let it pass, without a code.</summary>
    [Fact]
    public async Task A_deadline_is_one_whoever_says_that_it_is_over()
    {
        await using var containerd = await ScriptedContainerd.StartAsync(Socket);
        containerd.On("Version/Version", () => throw new RpcException(new Status(StatusCode.Unknown, "context deadline exceeded: unknown")));
        Assert.Equal(
            (StatusCode.DeadlineExceeded, "context deadline exceeded: unknown"), await ErrorAsync(async () => await containerd.Client.VersionAsync(default)));
    }

    private static async Task<(StatusCode, string)> ErrorAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(error.Status.Detail, error.Message);
        return (error.StatusCode, error.Message);
    }
}
