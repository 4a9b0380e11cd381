using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containerd.TasksApi;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Storage;
using Skein.Model;
using Skein.Tests.Tasks;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;
using Process = Skein.Agent.Containerd.TasksApi.Process;

namespace Skein.Tests.Containers;

/// <summary>How a running container's end is learnt from a containerd that does not always answer as it should.</summary>
public sealed class ContainerWatchTests : IDisposable
{
    private static readonly string Id = new('1', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-watch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Cancelled)]   // a containerd that is ending cancels what is under way
    [InlineData(StatusCode.Unknown)]
    public async Task A_wait_that_breaks_is_begun_again(StatusCode broken)
    {
        await using var containerd = await ScriptedContainerd.StartAsync(Path.Combine(_folder, "containerd.sock"));
        var options = new ContainerEngineOptions(Path.Combine(_folder, "data"), Path.Combine(_folder, "exec"));
        StoreRunning(options);
        containerd.On("Tasks/List", () => new ListTasksResponse { Tasks = { new Process { Id = Id, Pid = 42, Status = Skein.Agent.Containerd.TasksApi.Status.Running } } });
        containerd.On("Snapshots/List", () => null);
        var waits = 0;
        containerd.On("Tasks/Wait", () => Interlocked.Increment(ref waits) == 1
            ? throw new RpcException(new Grpc.Core.Status(broken, "broken"))
            : new WaitResponse { ExitStatus = 3 });
        using var engine = new ContainerEngine(
            containerd.Client, new FakeImageStore(), options, TimeProvider.System, new CryptoIdSource(), NullLoggerFactory.Instance);

        await engine.RecoverAsync(default);

        Assert.Equal(3, await engine.WaitAsync(Id, default).WaitAsync(Poll.Patience));
        Assert.Equal(2, waits);
    }

    private static void StoreRunning(ContainerEngineOptions options) => new ContainerRecords(options).Write(
        new ContainerRecord(
            new ContainerDefinition(Id, "web", new ContainerSpec(), new Dictionary<string, string>(), "h", "", "", "", "", null, null, TimeSpan.FromSeconds(10)),
            new ContainerState(ContainerStatus.Running, 42, 0, false, "", DateTimeOffset.UnixEpoch, null),
            DateTimeOffset.UnixEpoch),
        [],
        "SIGTERM");
}
