using System.Diagnostics;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Processes;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.HostTests.Containers;

/// <summary>Every combination of attached streams delivers just those, ends, and leaves its container as it was.</summary>
public sealed class ExecStreamTests
{
    public static TheoryData<bool> Terminals => [false, true];

    [Theory]
    [MemberData(nameof(Terminals))]
    public async Task EveryCombinationDeliversWhatIsAttachedAndEnds(bool tty)
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        for (var mask = 0; mask < 8; mask++)
        {
            var (stdin, stdout, stderr) = ((mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0);
            // A terminal's input never ends by itself: a line is read, not all there is.
            var script = (stdin ? "read line; " : "") + "echo out$line; echo err >&2; exit 5";
            var definition = EngineHost.Exec("sh", "-c", script) with { AttachStdin = stdin, AttachStdout = stdout, AttachStderr = stderr, Tty = tty };
            var seen = await host.ExecAsync(id, definition, stdin ? "hi\n" : null);
            var line = stdin ? "outhi" : "out";
            var expected = tty
                ? (5, stdout || stderr ? $"{(stdin ? "hi\r\n" : "")}{line}\r\nerr\r\n" : "", "")
                : (5, stdout ? line + "\n" : "", stderr ? "err\n" : "");
            Assert.True(expected == seen, $"stdin {stdin}, stdout {stdout}, stderr {stderr}: {seen}");
        }
        Assert.Equal((0, "ok\n", ""), await host.ExecAsync(id, EngineHost.Exec("echo", "ok")));
        Assert.DoesNotContain(Directory.EnumerateFiles(host.Options.IoFolder(id)), path => path.Contains("-std", StringComparison.Ordinal));
        await host.Engine.StopAsync(id, TimeSpan.Zero, null, default).WaitAsync(Poll.Patience);
    }

    /// <summary>More than the pipe, so that it would stand still if nobody took it.</summary>
    [Fact]
    public async Task OutputThatNobodyIsAttachedToHoldsNothingUp()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var loud = EngineHost.Exec("sh", "-c", "cat >/dev/null; dd if=/dev/zero bs=1k count=500; dd if=/dev/zero bs=1k count=500 >&2");
        var definition = loud with { AttachStdin = true, AttachStdout = false, AttachStderr = false };
        Assert.Equal((0, "", ""), await host.ExecAsync(id, definition, "typed"));
    }

    /// <summary>One that was frozen half way into its start kept the shim (containerd 1.6) from thawing its container ever again.</summary>
    [Fact]
    public async Task APauseMeetsNoExecThatIsBeingStarted()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        using var enough = new CancellationTokenSource();
        var execs = Enumerable.Range(0, 3).Select(_ => Task.Run(() => ExecWithoutEndAsync(host, id, enough.Token))).ToList();
        for (var round = 0; round < 30; round++)
        {
            await host.Engine.PauseAsync(id, default);
            await host.Engine.UnpauseAsync(id, default);
        }
        await enough.CancelAsync();
        Assert.True((await Task.WhenAll(execs)).Sum() > 0, "no exec ran");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatADaemonHadPausedForAWorkOfItsOwnGoesOnWithTheNext(bool byDaemon)
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A commit that is cut by the daemon's end: what follows on it never happens.
        if (byDaemon)
        {
            _ = host.Engine.ReadLayersAsync(id, pause: true, async (_, _) =>
            {
                begun.SetResult();
                await new TaskCompletionSource().Task;
                return true;
            }, default);
            await begun.Task.WaitAsync(Poll.Patience);
        }
        else
        {
            await host.Engine.PauseAsync(id, default);
        }
        Assert.Equal(ContainerStatus.Paused, host.Engine.Find(id).State.Status);
        await host.RestartEngineAsync();
        Assert.Equal(byDaemon ? ContainerStatus.Running : ContainerStatus.Paused, host.Engine.Find(id).State.Status);
        Assert.False(host.Engine.Find(id).PausedByDaemon);
        var task = await host.Containerd.Client.Tasks.GetAsync(new() { ContainerId = id });
        Assert.Equal(byDaemon ? Skein.Agent.Containerd.TasksApi.Status.Running : Skein.Agent.Containerd.TasksApi.Status.Paused, task.Process.Status);
        if (!byDaemon) await host.Engine.UnpauseAsync(id, default);
    }

    [Fact]
    public async Task NothingIsStartedInAContainerThatIsPaused()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var early = await host.Engine.CreateExecAsync(id, EngineHost.Exec("true"), default);
        await host.Engine.PauseAsync(id, default);
        var words = $"Container {id} is paused, unpause the container before exec";
        Assert.Equal(words, (await Assert.ThrowsAsync<SkeinException>(() => host.Engine.CreateExecAsync(id, EngineHost.Exec("true"), default))).Message);
        Assert.Equal(words, (await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StartExecAsync(early.Id, null, null, default))).Message);
        Assert.Equal("container box is paused, unpause the container before attach", (await Assert.ThrowsAsync<SkeinException>(() => host.Engine.AttachAsync("box", default))).Message);
        await host.Engine.UnpauseAsync(id, default);
        Assert.Equal((0, "ok\n", ""), await host.ExecAsync(id, EngineHost.Exec("echo", "ok")));
    }

    private static async Task<int> ExecWithoutEndAsync(EngineHost host, string id, CancellationToken enough)
    {
        var ran = 0;
        while (!enough.IsCancellationRequested)
        {
            try
            {
                await host.ExecAsync(id, EngineHost.Exec("true"));
                ran++;
            }
            catch (SkeinException paused) when (paused.Message.Contains("is paused", StringComparison.Ordinal))
            {
                await Task.Yield();
            }
        }
        return ran;
    }

    /// <summary>Whatever its shim does: here it does nothing at all.</summary>
    [Fact]
    public async Task AContainerWhoseShimStandsStillIsKilledAndRemoved()
    {
        await using var host = await EngineHost.StartAsync();
        using var daemon = new CancellationTokenSource();
        var running = host.Engine.RunAsync(daemon.Token);
        var id = await host.RunAsync("box", "sleep", "1000");
        var pid = (int)host.Engine.Find(id).State.Pid;
        Process.Start("kill", ["-STOP", ShimOf(pid)]).WaitForExit();

        await host.Engine.RemoveAsync(id, force: true, volumesToo: true, default).WaitAsync(Poll.Patience);

        Assert.True(HasEnded(pid), "its process runs");
        Assert.Empty(host.Engine.List());
        Assert.False(Directory.Exists(host.Options.ContainerFolder(id)), "its record is left");
        var next = await host.OutputOfAsync(EngineHost.Define("box", "echo", "next"));
        Assert.Equal((0, "next\n"), next);
        await NothingIsLeftAsync(host, id);
        await daemon.CancelAsync();
        await running;
    }

    [Fact]
    public async Task AContainerWhoseShimStandsStillStops()
    {
        await using var host = await EngineHost.StartAsync();
        using var daemon = new CancellationTokenSource();
        var running = host.Engine.RunAsync(daemon.Token);
        var id = await host.RunAsync("box", "sleep", "1000");
        var exit = host.Engine.WaitAsync(id, default);
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("sleep", "1000"), default);
        await using var streams = await host.Engine.StartExecAsync(exec.Id, null, null, default);
        Process.Start("kill", ["-STOP", ShimOf((int)host.Engine.Find(id).State.Pid)]).WaitForExit();

        await host.Engine.StopAsync(id, TimeSpan.Zero, null, default).WaitAsync(Poll.Patience);

        Assert.Equal(137, await exit.WaitAsync(Poll.Patience));
        Assert.Equal(ContainerStatus.Exited, host.Engine.Find(id).State.Status);
        Assert.Equal(137, await streams.Completion.WaitAsync(Poll.Patience));
        await host.Engine.RemoveAsync(id, force: false, volumesToo: true, default);
        await NothingIsLeftAsync(host, id);
        await daemon.CancelAsync();
        await running;
    }

    /// <summary>What its shim would have removed is removed all the same.</summary>
    private static Task NothingIsLeftAsync(EngineHost host, string id) => Poll.UntilAsync(
        "no cgroup of the container's",
        () => Task.FromResult(Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup")
            .Select(folder => $"{folder}{host.Options.CgroupParent}/{id}").Where(Directory.Exists).ToList()),
        left => left.Count == 0);

    // What nobody has asked for the exit code of is still listed.
    private static bool HasEnded(int pid) => HostProcess.Read(pid) is null or { State: "Z" or "X" };

    private static string ShimOf(int pid) =>
        File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("PPid:", StringComparison.Ordinal)).Split('\t')[1];
}
