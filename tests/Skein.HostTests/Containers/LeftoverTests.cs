using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers.Storage;
using Skein.Agent.Containers.Volumes;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.HostTests.Containers;

/// <summary>What a daemon or a containerd that was killed half way has left, and what becomes of it.</summary>
public sealed class LeftoverTests
{
    [Fact]
    public async Task AShimThatContainerdHasForgottenIsEndedAndNoOther()
    {
        await using var host = await EngineHost.StartAsync();
        var runs = await host.RunAsync("runs", "sleep", "1000");
        using var shim = await StartShimAsync(host.Containerd.Folder, host.Containerd.Folder + "/containerd.sock");
        using var others = await StartShimAsync(host.Containerd.Folder, host.Containerd.Folder + "/another.sock");
        try
        {
            Assert.True(Lives(shim.Pid) && Lives(others.Pid));
            await using (Sweep(host))
            {
                await Poll.UntilAsync("the shim has ended", () => !Lives(shim.Pid));
                await Poll.UntilAsync("its socket is gone", () => !File.Exists(shim.Socket));
            }
            Assert.True(Lives(others.Pid));
            Assert.Equal((0, "in\n", ""), await host.ExecAsync(runs, EngineHost.Exec("echo", "in")));
        }
        finally
        {
            Kill(shim.Pid);
            Kill(others.Pid);
            File.Delete(shim.Socket);
            File.Delete(others.Socket);
        }
    }

    [Fact]
    public async Task WhatADaemonThatWasKilledHadExecutedIsEnded()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("sleep", "2000"), default);
        await using var streams = await host.Engine.StartExecAsync(exec.Id, null, null, default);
        await host.RestartEngineAsync();
        Assert.Single((await host.Engine.TopAsync(id, "-o args", default)).Processes);
        Assert.DoesNotContain(Directory.GetFiles(host.Options.IoFolder(id)), path => path.Contains(exec.Id, StringComparison.Ordinal));
        Assert.Equal((0, "in\n", ""), await host.ExecAsync(id, EngineHost.Exec("echo", "in")));
    }

    [Fact]
    public async Task AProcessOfAContainerThatDoesNotRunIsEnded()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("given-up", "sleep", "1000"), default)).Id;
        await using (Sweep(host))
        {
            // containerd was killed while it answered: the start counts as failed, and came to its end all the same.
            await StartBehindItsBackAsync(host, id);
            await Poll.UntilAsync("no task is left", async () => (await host.Containerd.Client.Tasks.ListAsync(new())).Tasks, tasks => tasks.Count == 0);
        }
        Assert.Equal(ContainerStatus.Created, host.Engine.Find(id).State.Status);
    }

    [Fact]
    public async Task AContainerThatFailedToStartIsRemovedThoughItsProcessRuns()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("given-up", "sleep", "1000"), default)).Id;
        await StartBehindItsBackAsync(host, id);
        await host.Engine.RemoveAsync(id, force: true, volumesToo: true, default);
        await AssertNothingInContainerdAsync(host);
    }

    [Fact]
    public async Task AContainerOfNobodyThatRunsStopsNoDaemonFromStartingAndGoes()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("nobodys", "sleep", "1000");
        await host.RestartEngineAsync(() =>
        {
            Directory.Delete(host.Options.DataRoot + "/containers/" + id, recursive: true);
            return Task.CompletedTask;
        });
        await AssertNothingInContainerdAsync(host);
    }

    [Fact]
    public async Task WhatCouldNotBeUndoneWithoutContainerdIsUndoneLater()
    {
        await using var host = await EngineHost.StartAsync();
        await using (Sweep(host))
        {
            var client = host.Containerd.Client;
            await client.Snapshots.PrepareAsync(new() { Snapshotter = "overlayfs", Key = "half", Labels = { ["skein.container"] = "half", ["containerd.io/gc.root"] = "x" } });
            await client.Containers.CreateAsync(new() { Container = new() { Id = "half", Runtime = new() { Name = "io.containerd.runc.v2" }, Spec = new() { TypeUrl = "x" } } });
            await Poll.UntilAsync("containerd has no container", async () => (await client.Containers.ListAsync(new())).Containers, found => found.Count == 0);
            // It goes after its container.
            await Poll.UntilAsync("containerd has no snapshot", () => StatusOfAsync(async () => await client.Snapshots.StatAsync(new() { Snapshotter = "overlayfs", Key = "half" })), code => code == Grpc.Core.StatusCode.NotFound);
        }
    }

    private static async Task<Grpc.Core.StatusCode> StatusOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return Grpc.Core.StatusCode.OK;
        }
        catch (Grpc.Core.RpcException error)
        {
            return error.StatusCode;
        }
    }

    [Fact]
    public async Task AnEmptyCgroupOfNobodyGoesAndOneOfAContainerStays()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("runs", "sleep", "1000");
        var parents = Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(folder => folder + host.Options.CgroupParent).Where(Directory.Exists).ToList();
        Assert.NotEmpty(parents);
        var strangers = parents.Select(parent => Directory.CreateDirectory(parent + "/stranger").FullName).ToList();
        await using (Sweep(host))
            await Poll.UntilAsync("the cgroups are gone", () => !strangers.Any(Directory.Exists));
        Assert.All(parents, parent => Assert.True(Directory.Exists($"{parent}/{id}")));
    }

    [Fact]
    public async Task AContainerWhoseMakingWasCutShortLeavesNothing()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = new ContainerDefinition(EngineHost.Define("cut", "sleep", "1000")) { Id = new string('c', 64) };
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Target = "/data" });
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "named", Target = "/named" });
        var empty = host.Options.DataRoot + "/containers/" + new string('e', 64);
        await host.RestartEngineAsync(async () =>
        {
            // As the engine does it, up to the moment of its death.
            new ContainerRecords(host.Options).Begin(definition, DateTimeOffset.UnixEpoch);
            await new VolumeStore(host.Options.Volumes, TimeProvider.System, new CryptoIdSource(), NullLogger.Instance).TakeAsync(definition.Id, definition.Spec.Mounts, default);
            Directory.CreateDirectory(empty);
            File.WriteAllText(empty + "/container.pb.new", "");
        });
        Assert.Empty(host.Engine.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(host.Options.DataRoot + "/containers"));
        Assert.Equal(["named"], Directory.EnumerateDirectories(host.Options.DataRoot + "/volumes").Select(Path.GetFileName));
    }

    [Fact]
    public async Task AStartUsesNoShimThatAnEarlierDaemonsStartHasLeft()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("again", "sleep", "1000"), default)).Id;
        using var shim = await StartShimAsync(host.Containerd.Folder, host.Containerd.Folder + "/containerd.sock", id);
        try
        {
            await host.RestartEngineAsync();
            await host.Engine.StartAsync(id, default);
            Assert.False(Lives(shim.Pid));
            Assert.Equal((0, "in\n", ""), await host.ExecAsync(id, EngineHost.Exec("echo", "in")));
        }
        finally
        {
            Kill(shim.Pid);
        }
    }

    [Fact]
    public async Task AStartWaitsUntilContainerdHasTidiedUpAfterAnEarlierOne()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("again", "sleep", "1000"), default)).Id;
        var bundle = Directory.CreateDirectory($"{host.Containerd.Folder}/state/io.containerd.runtime.v2.task/skein/{id}").FullName;
        var starting = host.Engine.StartAsync(id, default);
        await Task.WhenAny(starting, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System));
        Assert.False(starting.IsCompleted, $"the start did not wait: {starting.Exception?.InnerException?.Message}");
        // As the earlier start's shim does, which opens its end and dies.
        await Poll.UntilAsync("the pipe is there", () => File.Exists(host.Options.IoFolder(id) + "/stdout"));
        await using (new FileStream(host.Options.IoFolder(id) + "/stdout", FileMode.Open, FileAccess.Write)) { }
        Directory.Delete(bundle);
        await starting.WaitAsync(Poll.Patience);
        Assert.Equal(ContainerStatus.Running, host.Engine.Find(id).State.Status);
    }

    /// <summary>As containerd does it when its caller leaves at that moment: starts the shim in the bundle's folder, removes the folder, forgets the shim.</summary>
    private static async Task<Shim> StartShimAsync(string below, string address, string? container = null)
    {
        var id = container ?? Path.GetRandomFileName();
        var bundle = Directory.CreateDirectory($"{below}/{id}").FullName;
        File.WriteAllText(bundle + "/config.json", "{}");
        // Where the shim writes its log: a pipe that containerd reads.
        Process.Start("mkfifo", [bundle + "/log"]).WaitForExit();
        var log = new FileStream(bundle + "/log", FileMode.Open, FileAccess.ReadWrite);
        string[] arguments = ["-namespace", "skein", "-address", address, "-publish-binary", "/usr/bin/containerd", "-id", id, "start"];
        using var start = Process.Start(new ProcessStartInfo("/usr/bin/containerd-shim-runc-v2", arguments)
        {
            WorkingDirectory = bundle,
            RedirectStandardOutput = true,
            Environment = { ["TTRPC_ADDRESS"] = address + ".ttrpc" },
        })!;
        var socket = (await start.StandardOutput.ReadToEndAsync()).Trim().Replace("unix://", "", StringComparison.Ordinal);
        await start.WaitForExitAsync();
        Assert.True(File.Exists(socket), $"the shim's start said \"{socket}\"");
        var pid = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(int.Parse!)
            .Single(candidate => ReadOrEmpty($"/proc/{candidate}/cmdline").Contains($"-id\0{id}\0", StringComparison.Ordinal));
        await Poll.UntilAsync("the shim serves", () => new FileInfo($"/proc/{pid}/fd/2").LinkTarget == bundle + "/log");
        Directory.Delete(bundle, recursive: true);
        return new Shim(pid, socket, log);
    }

    private static async Task StartBehindItsBackAsync(EngineHost host, string id)
    {
        var tasks = host.Containerd.Client.Tasks;
        var mounts = await host.Containerd.Client.Snapshots.MountsAsync(new() { Snapshotter = "overlayfs", Key = id });
        await tasks.CreateAsync(new() { ContainerId = id, Rootfs = { mounts.Mounts } });
        await tasks.StartAsync(new() { ContainerId = id });
    }

    private static async Task AssertNothingInContainerdAsync(EngineHost host)
    {
        Assert.Empty((await host.Containerd.Client.Tasks.ListAsync(new())).Tasks);
        Assert.Empty((await host.Containerd.Client.Containers.ListAsync(new())).Containers);
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));
    }

    private static Sweeping Sweep(EngineHost host)
    {
        var stop = new CancellationTokenSource();
        return new Sweeping(stop, host.Engine.RunAsync(stop.Token));
    }

    // One that has ended and waits for its parent to notice has no command line any more.
    private static bool Lives(int pid) => ReadOrEmpty($"/proc/{pid}/cmdline").Contains("containerd-shim", StringComparison.Ordinal);

    private static void Kill(int pid)
    {
        if (Lives(pid)) Process.Start("kill", ["-9", $"{pid}"]).WaitForExit();
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private sealed record Shim(int Pid, string Socket, FileStream Log) : IDisposable
    {
        public void Dispose() => Log.Dispose();
    }

    private sealed class Sweeping(CancellationTokenSource stop, Task loop) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await loop.WaitAsync(Poll.Patience);
            stop.Dispose();
        }
    }
}
