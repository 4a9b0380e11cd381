using System.Collections.Concurrent;
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
        await using var containerd = await StartAsync();
        var waits = 0;
        containerd.On("Tasks/Wait", () => Interlocked.Increment(ref waits) == 1
            ? throw new RpcException(new Grpc.Core.Status(broken, "broken"))
            : new WaitResponse { ExitStatus = 3 });
        using var engine = NewEngine(containerd);

        await engine.RecoverAsync(default);

        Assert.Equal(3, await engine.WaitAsync(Id, default).WaitAsync(Poll.Patience));
        Assert.Equal(2, waits);
    }

    [Fact]
    public async Task What_containerd_has_forgotten_was_killed_with_its_shim()
    {
        await using var containerd = await StartAsync();
        containerd.On("Tasks/Wait", () => throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, "no such task")));
        using var engine = NewEngine(containerd);
        await engine.RecoverAsync(default);
        Assert.Equal(137, await engine.WaitAsync(Id, default).WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task A_start_whose_containerd_goes_away_goes_on_when_it_is_back()
    {
        await using var containerd = await StartAsync();
        var (snapshots, waits) = (0, 0);
        containerd.On("Snapshots/List", () => ++snapshots == 1 ? throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "going")) : null);
        containerd.On("Tasks/Wait", () =>
        {
            Interlocked.Increment(ref waits);
            return new WaitResponse { ExitStatus = 3 };
        });
        using var engine = NewEngine(containerd);

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => engine.RecoverAsync(default))).StatusCode);
        await engine.RecoverAsync(default);

        Assert.Equal(Id, Assert.Single(engine.List()).Id);
        Assert.Equal(3, await engine.WaitAsync(Id, default).WaitAsync(Poll.Patience));
        Assert.Equal(1, waits);
    }

    [Fact]
    public async Task What_a_killed_daemon_had_executed_is_ended_with_its_pipes()
    {
        await using var containerd = await StartAsync();
        var exec = Path.Combine(Options.IoFolder(Id), new string('2', 64) + "-stdout");
        Directory.CreateDirectory(Options.IoFolder(Id));
        File.WriteAllText(exec, "");
        var calls = new ConcurrentQueue<string>();
        foreach (var call in new[] { "Tasks/Kill", "Tasks/DeleteProcess" })
        {
            containerd.On(call, () =>
            {
                calls.Enqueue(call);
                return new Google.Protobuf.WellKnownTypes.Empty();
            });
        }
        containerd.On("Tasks/Wait", () => new WaitResponse { ExitStatus = 137 });
        using var engine = NewEngine(containerd);
        await engine.RecoverAsync(default);
        Assert.Equal(["Tasks/Kill", "Tasks/DeleteProcess"], calls);
        Assert.False(File.Exists(exec));
        // Its end is written to the folder that goes with the test.
        Assert.Equal(137, await engine.WaitAsync(Id, default).WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task One_that_ended_as_it_was_to_be_paused_does_not_run()
    {
        await using var containerd = await StartAsync();
        var ended = new TaskCompletionSource();
        containerd.On("Tasks/Wait", () =>
        {
            ended.Task.Wait();
            return new WaitResponse();
        });
        containerd.On("Tasks/Pause", () => throw new RpcException(new Grpc.Core.Status(StatusCode.Unknown, "cannot pause a stopped container: unknown")));
        containerd.On("Tasks/Get", () => new GetResponse { Process = new Process { Id = Id, Status = Skein.Agent.Containerd.TasksApi.Status.Stopped } });
        using var engine = NewEngine(containerd);
        await engine.RecoverAsync(default);
        var refused = await Assert.ThrowsAsync<SkeinException>(() => engine.PauseAsync(Id, default));
        ended.SetResult();
        Assert.Equal((ErrorKind.Conflict, $"container {Id} is not running"), (refused.Kind, refused.Message));
    }

    [Fact]
    public async Task A_start_that_meets_an_earlier_one_waits_until_its_shim_has_ended()
    {
        await using var containerd = await StartAsync(ContainerStatus.Exited);
        containerd.On("Tasks/List", () => new ListTasksResponse());
        var (creates, deletes) = (0, 0);
        containerd.On("Tasks/Create", () => ++creates < 3 ? throw new RpcException(new Grpc.Core.Status(StatusCode.AlreadyExists, "task already exists")) : new CreateTaskResponse { Pid = 43 });
        containerd.On("Tasks/Delete", () => ++deletes == 1 ? throw new RpcException(new Grpc.Core.Status(StatusCode.Unknown, "failed to delete task: ttrpc: closed")) : new DeleteResponse());
        containerd.On("Tasks/Start", () => new Skein.Agent.Containerd.TasksApi.StartResponse { Pid = 43 });
        containerd.On("Tasks/Wait", () => new WaitResponse { ExitStatus = 3 });
        using var engine = NewEngine(containerd);
        await engine.RecoverAsync(default);
        var exit = engine.WaitNextAsync(Id, default);
        await engine.StartAsync(Id, default);
        Assert.Equal(3, await exit.WaitAsync(Poll.Patience));
        Assert.Equal(3, creates);
    }

    [Fact]
    public async Task Nothing_is_executed_in_one_that_is_paused_and_nobody_attaches_to_it()
    {
        await using var containerd = await StartAsync();
        var gone = new TaskCompletionSource();
        containerd.On("Tasks/Wait", () =>
        {
            gone.Task.Wait();
            return new WaitResponse();
        });
        using var engine = NewEngine(containerd);
        await engine.RecoverAsync(default);
        await engine.PauseAsync(Id, default);
        var exec = await Assert.ThrowsAsync<SkeinException>(() => engine.CreateExecAsync("web", new ExecDefinition(["true"], [], "", "", false, false, true, true, false, ""), default));
        var attach = await Assert.ThrowsAsync<SkeinException>(() => engine.AttachAsync("web", default));
        gone.SetResult();
        Assert.Equal((ErrorKind.Conflict, "Container web is paused, unpause the container before exec"), (exec.Kind, exec.Message));
        Assert.Equal((ErrorKind.Conflict, "container web is paused, unpause the container before attach"), (attach.Kind, attach.Message));
    }

    private ContainerEngineOptions Options => new(Path.Combine(_folder, "data"), Path.Combine(_folder, "exec"));

    /// <summary>With one container, which runs if nothing else is said.</summary>
    private async Task<ScriptedContainerd> StartAsync(ContainerStatus status = ContainerStatus.Running)
    {
        Store(Options, status);
        var containerd = await ScriptedContainerd.StartAsync(Path.Combine(_folder, "containerd.sock"));
        containerd.On("Tasks/List", () => new ListTasksResponse { Tasks = { new Process { Id = Id, Pid = 42, Status = Skein.Agent.Containerd.TasksApi.Status.Running } } });
        containerd.On("Snapshots/List", () => null);
        return containerd;
    }

    private ContainerEngine NewEngine(ScriptedContainerd containerd) =>
        new(containerd.Client, new FakeImageStore(), Options, TimeProvider.System, new CryptoIdSource(), NullLoggerFactory.Instance);

    private static void Store(ContainerEngineOptions options, ContainerStatus status) => new ContainerRecords(options).Write(
        new ContainerRecord(
            new ContainerDefinition { Id = Id, Name = "web", Spec = new(), Hostname = "h" },
            new ContainerState(status, 42, 0, false, "", DateTimeOffset.UnixEpoch, null),
            DateTimeOffset.UnixEpoch),
        [],
        "SIGTERM");
}
