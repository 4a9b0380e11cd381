using System.Diagnostics;
using Grpc.Core;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Storage;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.HostTests.Containers;

public sealed class ContainerEngineTests
{
    [Fact]
    public async Task RunsAProgramToItsEndAndLeavesNothingWhenRemoved()
    {
        await using var host = await EngineHost.StartAsync();
        var engine = host.Engine;
        var events = engine.Subscribe(CancellationToken.None);
        var snapshots = await SnapshotsAsync(host);

        var id = await host.RunAsync("web", "sh", "-c", "echo out; echo err >&2; printf tail; exit 3");
        Assert.Equal(3, await host.WaitAsync(id));

        var record = engine.Find("web");
        Assert.Equal((ContainerStatus.Exited, 3, 0u), (record.State.Status, record.State.ExitCode, record.State.Pid));
        Assert.True(record.State.FinishedAt >= record.State.StartedAt);
        Assert.Same(record, engine.Find(id[..9]));
        Assert.Equal("out\ntail", await host.LogsAsync(id, new LogQuery(true, false, false, null, null, null)));
        Assert.Equal("err\n", await host.LogsAsync(id, new LogQuery(false, true, false, null, null, null)));

        await engine.StartAsync(id, default);
        Assert.Equal(3, await host.WaitAsync(id));
        Assert.Equal("tail", await host.LogsAsync(id, new LogQuery(true, false, false, null, null, 1)));

        await engine.RemoveAsync(id, force: false, volumesToo: true, default);
        var missing = Assert.Throws<SkeinException>(() => engine.Find(id));
        Assert.Equal((ErrorKind.NotFound, $"No such container: {id}"), (missing.Kind, missing.Message));
        Assert.Empty((await host.Containerd.Client.Containers.ListAsync(new())).Containers);
        Assert.Empty((await host.Containerd.Client.Tasks.ListAsync(new())).Tasks);
        Assert.Empty((await host.Containerd.Client.Leases.ListAsync(new())).Leases);
        Assert.Equal(snapshots, await SnapshotsAsync(host));
        Assert.Empty(Directory.EnumerateFileSystemEntries(host.Options.DataRoot + "/containers"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(host.Options.ExecRoot + "/io"));
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));
        Assert.Empty(Cgroups(host, id));
        Assert.Equal(["create", "start", "die", "start", "die", "destroy"], await ActionsAsync(events, 6));
    }

    [Fact]
    public async Task GivesAContainerWhatItsDefinitionSays()
    {
        await using var host = await EngineHost.StartAsync();
        var shared = Directory.CreateDirectory(Path.Combine(host.Containerd.Folder, "shared")).FullName;
        File.WriteAllText(shared + "/file", "from the host\n");
        var resolv = Path.Combine(host.Containerd.Folder, "resolv.conf");
        File.WriteAllText(resolv, "nameserver 127.0.0.11\n");
        var definition = EngineHost.Define(
            "all", "sh", "-c",
            "id -u; id -g; id -G; pwd; hostname; echo $FROM $MINE; cat /shared/file /etc/resolv.conf; touch /shared/x || echo read-only; "
            + "touch /data/kept && ls /data; grep -c ' /scratch tmpfs .*size=1024k' /proc/mounts; grep CapBnd /proc/self/status; ip -o link | head -1; exit 0");
        definition.Spec.User = "bob";
        definition.Spec.Dir = "/made/for/it";
        definition.Spec.Env.Add("MINE=own");
        definition.Spec.CapabilityDrop.Add("ALL");
        definition.Spec.CapabilityAdd.Add("NET_ADMIN");
        definition.Spec.Mounts.Add(new Mount { Type = "bind", Source = shared, Target = "/shared", ReadOnly = true });
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "data", Target = "/data" });
        definition.Spec.Mounts.Add(new Mount { Type = "tmpfs", Target = "/scratch", TmpfsSizeBytes = 1 << 20 });
        Directory.CreateDirectory(host.Options.DataRoot + "/volumes/data/_data");
        File.SetUnixFileMode(host.Options.DataRoot + "/volumes/data/_data", (UnixFileMode)0b111_111_111);
        (definition.Hostname, definition.ResolvConfPath) = ("box", resolv);

        var (exitCode, output) = await host.OutputOfAsync(definition);

        Assert.Equal(0, exitCode);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("touch:", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["1000", "1001", "1001 10", "/made/for/it", "box", "image own", "from the host", "nameserver 127.0.0.11", "read-only", "kept", "1"], lines[..11]);
        Assert.Equal("CapBnd:\t0000000000001000", lines[11]);
        Assert.StartsWith("1: lo:", lines[12]);
        Assert.True(File.Exists(host.Options.DataRoot + "/volumes/data/_data/kept"));
    }

    [Fact]
    public async Task SecretsAndConfigsAreFilesThatNoDiskHasAndThatGoWithTheContainersEnd()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "sh", "-c", "stat -c '%n %u:%g %a' /run/secrets/key /etc/site; md5sum < /run/secrets/key; cat /etc/site; echo x > /run/secrets/key || echo read-only; exec sleep 1000");
        definition.Spec.Secrets.Add(new DependencyReference { Id = "s1", Name = "key", Target = "key", Uid = "1000", Gid = "10", Mode = 0b100_000_000 });
        definition.Spec.Configs.Add(new DependencyReference { Id = "c1", Name = "site", Target = "/etc/site", Mode = 0b100_100_100 });
        var contents = new Dictionary<string, ReadOnlyMemory<byte>> { ["s1"] = "open sesame\n"u8.ToArray(), ["c1"] = "listen 80\n"u8.ToArray() };
        var id = (await host.Engine.CreateAsync(definition, default)).Id;

        var alone = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StartAsync(id, default));
        Assert.Equal((ErrorKind.Conflict, "\"key\" is a secret or config of the swarm: the container is started by its task alone"), (alone.Kind, alone.Message));
        await host.Engine.StartAsync(id, contents, default);
        await host.WaitForLogAsync(id, "read-only");
        Assert.StartsWith("/run/secrets/key 1000:10 400\n/etc/site 0:0 444\n7a85f5b43963d26f73ded1b7ff00c28d  -\nlisten 80\n", await host.LogsAsync(id, new LogQuery(true, false, false, null, null, null)));
        Assert.Single(ContainerdProcess.MountsBelow(host.Options.MemoryFolder));
        Assert.False(ContainsOnDisk(host, "open sesame"));

        await host.Engine.StopAsync(id, TimeSpan.Zero, null, default);
        await Poll.UntilAsync("its secrets are gone", () => !Directory.Exists(Path.Combine(host.Options.MemoryFolder, id)));
        await host.Engine.StartAsync(id, contents, default);
        await host.Engine.RemoveAsync(id, force: true, volumesToo: true, default);
        Assert.Empty(Directory.EnumerateDirectories(host.Options.MemoryFolder));
    }

    [Fact]
    public async Task SecretsOfAContainerWhoseEndNobodySawAreSwept()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "sleep", "1000");
        definition.Spec.Secrets.Add(new DependencyReference { Id = "s1", Name = "key", Target = "key" });
        var id = (await host.Engine.CreateAsync(definition, default)).Id;
        await host.Engine.StartAsync(id, new Dictionary<string, ReadOnlyMemory<byte>> { ["s1"] = "open"u8.ToArray() }, default);
        Directory.CreateDirectory(Path.Combine(host.Options.MemoryFolder, "stranger"));
        await host.RestartEngineAsync();
        await Poll.UntilAsync("what is nobody's is gone", () => !Directory.Exists(Path.Combine(host.Options.MemoryFolder, "stranger")));
        Assert.Equal((0, "open", ""), await host.ExecAsync(id, EngineHost.Exec("cat", "/run/secrets/key")));
    }

    private static bool ContainsOnDisk(EngineHost host, string text) =>
        Directory.EnumerateFiles(host.Options.DataRoot, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Any(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal));

    [Fact]
    public async Task LimitsHoldInTheContainersOwnGroup()
    {
        await using var host = await EngineHost.StartAsync();
        var limits = new Resources { MemoryBytes = 64 << 20, NanoCpus = 500_000_000, Pids = 50 };
        var id = await host.RunAsync(new ContainerDefinition(EngineHost.Define("box", "sleep", "1000")) { Resources = new() { Limits = limits } });

        string Limit(string file) => File.ReadAllText(Cgroups(host, id).Select(group => Path.Combine(group, file)).First(File.Exists)).Trim();
        var cgroups = host.Engine.Cgroups;
        string[] files = cgroups.Unified ? ["memory.max", "cpu.max", "pids.max"] : ["memory.limit_in_bytes", "cpu.cfs_quota_us", "pids.max"];
        Assert.Equal(["67108864", cgroups.Unified ? "50000 100000" : "50000", "50"], files.Select(Limit));
        Assert.SkipUnless(cgroups.LimitsSwap, "this kernel counts no swap");
        // Memory and swap together in version 1, swap alone in version 2.
        Assert.Equal(cgroups.Unified ? "67108864" : "134217728", Limit(cgroups.Unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes"));
    }

    [Fact]
    public async Task ExecutesInARunningContainer()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");

        Assert.Equal((7, "out\n", "err\n"), await host.ExecAsync(id, EngineHost.Exec("sh", "-c", "echo out; echo err >&2; exit 7")));
        Assert.Equal((0, "typed", ""), await host.ExecAsync(id, EngineHost.Exec("cat"), "typed"));
        Assert.Equal((0, "1000 v\n", ""), await host.ExecAsync(id, EngineHost.Exec("sh", "-c", "echo $(id -u) $V") with { User = "bob", Env = ["V=v"] }));
        var (exitCode, stdout, _) = await host.ExecAsync(id, EngineHost.Exec("sh", "-c", "echo $TERM") with { Tty = true });
        Assert.Equal((0, "xterm\r\n"), (exitCode, stdout));

        var missing = await host.Engine.CreateExecAsync(id, EngineHost.Exec("no-such"), default);
        var error = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StartExecAsync(missing.Id, null, null, default));
        Assert.Equal(
            (ErrorKind.InvalidArgument, "OCI runtime exec failed: exec failed: unable to start container process: exec: \"no-such\": executable file not found in $PATH: unknown"),
            (error.Kind, error.Message));
        Assert.Equal(127, host.Engine.FindExec(missing.Id).ExitCode);
        Assert.Single(Directory.EnumerateFileSystemEntries(host.Options.IoFolder(id)), path => path.EndsWith("/stdout", StringComparison.Ordinal));
    }

    /// <summary>Its links lead into its own root, whoever reads them.</summary>
    [Fact]
    public async Task AUserIsNotLookedUpInTheHostsFiles()
    {
        await using var host = await EngineHost.StartAsync();
        var outside = Path.Combine(host.Containerd.Folder, "passwd");
        File.WriteAllText(outside, "stranger:x:0:0::/:/bin/sh\n");
        var id = await host.RunAsync("box", "sh", "-c", $"rm /etc/passwd; ln -s {outside} /etc/passwd; echo ready; sleep 1000");
        await host.WaitForLogAsync(id, "ready");
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("id") with { User = "stranger" }, default);
        var error = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StartExecAsync(exec.Id, null, null, default));
        Assert.Equal("unable to find user stranger: no matching entries in passwd file", error.Message);
        Assert.Equal((0, "7\n", ""), await host.ExecAsync(id, EngineHost.Exec("id", "-u") with { User = "7" }));
    }

    [Fact]
    public async Task WhoFollowsAContainerThatHasNotStartedSeesAllOfIt()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("later", "echo", "first"), default)).Id;
        var followed = host.LogsAsync(id, new LogQuery(true, true, true, null, null, null));
        Assert.Equal("", await host.LogsAsync(id));
        await host.Engine.StartAsync(id, default);
        Assert.Equal("first\n", await followed.WaitAsync(Poll.Patience));
        Assert.Equal("first\n", await host.LogsAsync(id, new LogQuery(true, true, true, null, null, null)).WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task WhoFollowsAContainerThatNeverStartsReachesTheEnd()
    {
        await using var host = await EngineHost.StartAsync();
        var follow = new LogQuery(true, true, true, null, null, null);
        var failing = (await host.Engine.CreateAsync(EngineHost.Define("failing", "no-such"), default)).Id;
        var first = host.LogsAsync(failing, follow);
        await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StartAsync(failing, default));
        Assert.Equal("", await first.WaitAsync(Poll.Patience));
        var removed = (await host.Engine.CreateAsync(EngineHost.Define("removed", "true"), default)).Id;
        var second = host.LogsAsync(removed, follow);
        await host.Engine.RemoveAsync(removed, force: false, volumesToo: true, default);
        Assert.Equal("", await second.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task WhoWaitsForTheNextExitOrTheRemovalWaitsForIt()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("later", "sh", "-c", "exit 3"), default)).Id;
        Assert.Equal(0, await host.WaitAsync(id));
        var (next, removed) = (host.Engine.WaitNextAsync(id, default), host.Engine.WaitRemovedAsync(id, default));
        Assert.False(next.IsCompleted);
        await host.Engine.StartAsync(id, default);
        Assert.Equal(3, await next.WaitAsync(Poll.Patience));
        Assert.False(removed.IsCompleted);
        await host.Engine.RemoveAsync(id, force: false, volumesToo: true, default);
        Assert.Equal(3, await removed.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task WhatContainersWriteIsNotEveryUsersToRead()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "echo", "secret");
        await host.WaitAsync(id);
        var folder = host.Options.ContainerFolder(id);
        Assert.Equal(DataFolder.LogMode, File.GetUnixFileMode(folder + "/log.1"));
        Assert.Equal(DataFolder.Mode, File.GetUnixFileMode(folder));
        Assert.Equal(DataFolder.Mode, File.GetUnixFileMode(Path.GetDirectoryName(folder)!));
        // As an earlier release had made them.
        var open = UnixFileMode.UserRead | UnixFileMode.OtherRead;
        await host.RestartEngineAsync(() =>
        {
            File.SetUnixFileMode(folder + "/log.1", open);
            File.SetUnixFileMode(folder, open | UnixFileMode.OtherExecute);
            return Task.CompletedTask;
        });
        Assert.Equal(DataFolder.LogMode, File.GetUnixFileMode(folder + "/log.1"));
        Assert.Equal(DataFolder.Mode, File.GetUnixFileMode(folder));
    }

    [Fact]
    public async Task SixtyExecsAtOnceAllRun()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var all = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => host.ExecAsync(id, EngineHost.Exec("echo", $"{number}")))).WaitAsync(Poll.Patience);
        Assert.Equal(Enumerable.Range(0, 60).Select(number => (0, $"{number}\n", "")), all);
    }

    [Fact]
    public async Task WhoIsAttachedToAContainerThatIsRemovedBeforeItsStartReachesTheEnd()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("never", "sleep", "1000"), default)).Id;
        await using var streams = await host.Engine.AttachAsync(id, default);
        await host.Engine.RemoveAsync(id, force: false, volumesToo: true, default);
        Assert.Equal("", await EngineHost.ReadAsync(streams.Stdout).WaitAsync(Poll.Patience));
        await streams.Completion.WaitAsync(Poll.Patience);
    }

    /// <summary>`docker exec -i C echo hi` from a terminal, or a pipe whose writer goes on.</summary>
    [Fact]
    public async Task AnExecEndsThoughItsClientKeepsItsInputOpen()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("echo", "hi"), default);
        await using var streams = await host.Engine.StartExecAsync(exec.Id, null, null, default);
        Assert.Equal(0, await streams.Completion.WaitAsync(Poll.Patience));
        await streams.Stdin!.DisposeAsync().AsTask().WaitAsync(Poll.Patience);
        Assert.Equal("hi\n", await EngineHost.ReadAsync(streams.Stdout));
    }

    [Fact]
    public async Task AReaderThatIsSlowGetsAllOfAnExecThatHasEnded()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        // What the reader's 1 MiB and the pipes hold, so that the process ends before anything is read.
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("sh", "-c", "dd if=/dev/zero bs=1k count=1100"), default);
        await using var streams = await host.Engine.StartExecAsync(exec.Id, null, null, default);
        Assert.Equal(0, await streams.Completion.WaitAsync(Poll.Patience));
        using var seen = new MemoryStream();
        await streams.Stdout!.CopyToAsync(seen, Poll.Soon);
        Assert.Equal(1100 << 10, seen.Length);
    }

    [Fact]
    public async Task AContainerWhoseShimIsKilledWasKilled()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var status = File.ReadLines($"/proc/{host.Engine.Find(id).State.Pid}/status").Single(line => line.StartsWith("PPid:", StringComparison.Ordinal));
        Process.Start("kill", ["-9", status.Split('\t')[1]]).WaitForExit();
        Assert.Equal(137, await host.WaitAsync(id));
    }

    [Fact]
    public async Task ASystemCallThatDockerRefusesIsRefused()
    {
        await using var host = await EngineHost.StartAsync();
        var (exitCode, output) = await host.OutputOfAsync(EngineHost.Define("user", "sh", "-c", "busybox unshare -U true 2>&1; grep ^Seccomp: /proc/self/status"));
        Assert.Equal((0, "unshare: unshare(0x10000000): Operation not permitted\nSeccomp:\t2\n"), (exitCode, output));
        var mount = await host.OutputOfAsync(EngineHost.Define("mount", "sh", "-c", "mount -t tmpfs none /mnt 2>&1; true"));
        Assert.Equal("mount: permission denied (are you root?)\n", mount.Output);
        var admin = EngineHost.Define("admin", "sh", "-c", "busybox unshare -n true && echo $?");
        admin.Spec.CapabilityAdd.Add("SYS_ADMIN");
        Assert.Equal((0, "0\n"), await host.OutputOfAsync(admin));
    }

    /// <summary>Whoever gives up on a start, as a health check's time limit does, leaves no process behind that nobody knows of.</summary>
    [Fact]
    public async Task AnExecThatIsCalledOffWhileItStartsDoesNotRun()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("busy", "sleep", "1000");
        var begun = 0;
        for (var milliseconds = 2; milliseconds < 120; milliseconds += 4)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));
            var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("sleep", "2000"), default);
            try
            {
                await using var streams = await host.Engine.StartExecAsync(exec.Id, null, null, patience.Token);
                begun++;
            }
            catch (OperationCanceledException)
            {
            }
        }
        var (_, processes) = await host.Engine.TopAsync(id, "-o args", default);
        // By number: of the last one the kernel may show the runtime's own command line still.
        Assert.Equal(1 + begun, processes.Count);
    }

    [Fact]
    public async Task AStartThatIsCalledOffLeavesNoTask()
    {
        await using var host = await EngineHost.StartAsync();
        for (var milliseconds = 20; milliseconds < 300; milliseconds += 20)
        {
            var id = (await host.Engine.CreateAsync(EngineHost.Define($"c{milliseconds}", "sleep", "1000"), default)).Id;
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));
            try
            {
                await host.Engine.StartAsync(id, patience.Token);
            }
            catch (OperationCanceledException)
            {
                var tasks = await host.Containerd.Client.Tasks.ListAsync(new());
                Assert.DoesNotContain(tasks.Tasks, task => task.Id == id);
            }
        }
    }

    [Fact]
    public async Task ResizesATerminal()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("sh", "-c", "stty size; read line; stty size") with { Tty = true }, default);
        await using var streams = await host.Engine.StartExecAsync(exec.Id, 20, 90, default);
        var reader = new StreamReader(streams.Stdout!);
        Assert.Equal("20 90", await reader.ReadLineAsync().WaitAsync(Poll.Patience));
        await host.Engine.ResizeExecAsync(exec.Id, 30, 100, default);
        await streams.Stdin!.WriteAsync("\n"u8.ToArray());
        Assert.EndsWith("30 100\r\n", await reader.ReadToEndAsync().WaitAsync(Poll.Patience));
        Assert.Equal(0, await streams.Completion.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task ATerminalIsResizedWhileItIsBeingStarted()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var exec = await host.Engine.CreateExecAsync(id, EngineHost.Exec("sh", "-c", "read line; stty size") with { Tty = true }, default);
        var starting = host.Engine.StartExecAsync(exec.Id, 20, 90, default);
        await host.Engine.ResizeExecAsync(exec.Id, 30, 100, default).WaitAsync(Poll.Patience);
        await using var streams = await starting;
        await streams.Stdin!.WriteAsync("\n"u8.ToArray());
        Assert.EndsWith("30 100\r\n", await new StreamReader(streams.Stdout!).ReadToEndAsync().WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task AnAttachedClientSpeaksToTheProgram()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("cat", "cat");
        definition.Spec.OpenStdin = true;
        var id = (await host.Engine.CreateAsync(definition, default)).Id;
        // As `docker run -i` does it: attached, fed and ended before it has started.
        await using var streams = await host.Engine.AttachAsync(id, default);
        var typed = streams.Stdin!.WriteAsync("hello"u8.ToArray()).AsTask();
        await host.Engine.StartAsync(id, default);
        await typed.WaitAsync(Poll.Patience);
        await streams.Stdin.DisposeAsync();
        Assert.Equal("hello", await EngineHost.ReadAsync(streams.Stdout).WaitAsync(Poll.Patience));
        Assert.Equal(0, await streams.Completion.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task StopsBySignalAndKillsAfterTheGracePeriod()
    {
        await using var host = await EngineHost.StartAsync();
        var polite = await host.RunAsync("polite", "sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done");
        await host.WaitForLogAsync(polite, "ready");
        await host.Engine.StopAsync(polite, TimeSpan.FromDays(365), null, default).WaitAsync(Poll.Patience);
        Assert.Equal(5, host.Engine.Find(polite).State.ExitCode);

        var deaf = await host.RunAsync("deaf", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done");
        await host.WaitForLogAsync(deaf, "ready");
        var watch = Stopwatch.StartNew();
        await host.Engine.StopAsync(deaf, TimeSpan.FromMilliseconds(300), null, default).WaitAsync(Poll.Patience);
        Assert.True(watch.ElapsedMilliseconds >= 250, $"killed after {watch.Elapsed}, within its time of grace");
        Assert.Equal(137, host.Engine.Find(deaf).State.ExitCode);

        var error = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.KillAsync(deaf, "TERM", default));
        Assert.Equal((ErrorKind.Conflict, $"container {deaf} is not running"), (error.Kind, error.Message));
        await host.Engine.StartAsync(deaf, default);
        error = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.RemoveAsync(deaf, force: false, volumesToo: true, default));
        Assert.Equal("cannot remove container \"/deaf\": container is running: stop the container before removing or force remove", error.Message);
        error = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.CreateAsync(EngineHost.Define("deaf"), default));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains($"The container name \"/deaf\" is already in use by container \"{deaf}\"", error.Message);
    }

    [Fact]
    public async Task AProgramThatIsNotThereFailsWithDockersWords()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("bad", "no-such"), default)).Id;
        var error = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.StartAsync(id, default));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.StartsWith("failed to create task for container: failed to create shim task: OCI runtime create failed: ", error.Message);
        Assert.EndsWith("exec: \"no-such\": executable file not found in $PATH: unknown", error.Message);
        Assert.Equal((ContainerStatus.Created, 127, error.Message), (host.Engine.Find(id).State.Status, host.Engine.Find(id).State.ExitCode, host.Engine.Find(id).State.Error));
        Assert.Empty((await host.Containerd.Client.Tasks.ListAsync(new())).Tasks);
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));
        await Assert.ThrowsAsync<SkeinException>(() => host.Engine.CreateAsync(new() { Name = "other", Spec = new() { Image = "gone" } }, default));
        Assert.Single(host.Engine.List());
    }

    [Fact]
    public async Task ADaemonsRestartStopsNothingAndLosesNoExitCode()
    {
        await using var host = await EngineHost.StartAsync();
        var runs = await host.RunAsync("runs", "sh", "-c", "i=0; while :; do echo line $i; i=$((i+1)); sleep 0.05; done");
        var ends = await host.RunAsync("ends", "sh", "-c", "trap 'exit 42' USR1; echo ready; while :; do sleep 0.05; done");
        await host.WaitForLogAsync(runs, "line 2\n");
        await host.WaitForLogAsync(ends, "ready");
        var pid = host.Engine.Find(runs).State.Pid;

        await host.RestartEngineAsync(async () =>
        {
            await host.Containerd.Client.Tasks.KillAsync(new() { ContainerId = ends, Signal = 10 });
            await host.Containerd.Client.Tasks.WaitAsync(new() { ContainerId = ends });
        });

        Assert.Equal((ContainerStatus.Running, pid), (host.Engine.Find("runs").State.Status, host.Engine.Find("runs").State.Pid));
        Assert.Equal((ContainerStatus.Exited, 42), (host.Engine.Find("ends").State.Status, host.Engine.Find("ends").State.ExitCode));
        await host.WaitForLogAsync(runs, "line 20\n");
        var logged = (await host.LogsAsync(runs)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, logged.Length).Select(number => $"line {number}"), logged);
        Assert.Equal((0, "in\n", ""), await host.ExecAsync(runs, EngineHost.Exec("echo", "in")));
        await host.Engine.KillAsync(runs, "KILL", default);
        Assert.Equal(137, await host.WaitAsync(runs));
    }

    [Fact]
    public async Task NoticesAnExitAcrossARestartOfContainerd()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var waiting = host.WaitAsync(id);
        await host.Containerd.RestartAsync();
        Assert.Equal(ContainerStatus.Running, host.Engine.Find(id).State.Status);
        Process.Start("kill", ["-9", $"{host.Engine.Find(id).State.Pid}"]).WaitForExit();
        Assert.Equal(137, await waiting);
    }

    [Fact]
    public async Task ShowsItsProcesses()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync("box", "sleep", "1000");
        var (titles, processes) = await host.Engine.TopAsync(id, "-ef", default);
        Assert.Equal(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], titles);
        var row = Assert.Single(processes);
        Assert.Equal(("root", $"{host.Engine.Find(id).State.Pid}", "?", "sleep 1000"), (row[0], row[1], row[5], row[7]));
    }

    [Fact]
    public async Task TellsWhenAContainerRanOutOfMemory()
    {
        await using var host = await EngineHost.StartAsync();
        using var closing = new CancellationTokenSource();
        var loop = host.Engine.RunAsync(closing.Token);
        var events = host.Engine.Subscribe(CancellationToken.None);
        var definition = new ContainerDefinition(EngineHost.Define("hungry", "sh", "-c", "while :; do tail /dev/zero; done"))
        {
            Resources = new ResourceRequirements { Limits = new Resources { MemoryBytes = 16 << 20 } },
        };
        var id = await host.RunAsync(definition);
        // Again and again: the engine may not listen yet the first time.
        await NextAsync(events, "oom");
        await host.Engine.KillAsync(id, "KILL", default);
        await host.WaitAsync(id);
        Assert.True(host.Engine.Find(id).State.OomKilled);
        await closing.CancelAsync();
        await loop.WaitAsync(Poll.Patience);
    }

    [Fact]
    public async Task StartsTenAtOnce()
    {
        await using var host = await EngineHost.StartAsync();
        var watch = Stopwatch.StartNew();
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => host.RunAsync($"c{number}", "sleep", "1000")));
        TestContext.Current.SendDiagnosticMessage($"ten containers created and started in {watch.ElapsedMilliseconds} ms");
        watch.Restart();
        await Task.WhenAll(all.Select(id => host.Engine.RemoveAsync(id, force: true, volumesToo: true, default)));
        TestContext.Current.SendDiagnosticMessage($"and removed in {watch.ElapsedMilliseconds} ms");
        Assert.Empty(host.Engine.List());
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));
    }

    private static async Task<List<string>> SnapshotsAsync(EngineHost host)
    {
        var names = new List<string>();
        using var list = host.Containerd.Client.Snapshots.List(new() { Snapshotter = "overlayfs" });
        await foreach (var batch in list.ResponseStream.ReadAllAsync())
            names.AddRange(batch.Info.Select(info => info.Name));
        return names;
    }

    private static IEnumerable<string> Cgroups(EngineHost host, string id) =>
        Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup")
            .Select(hierarchy => $"{hierarchy}{host.Options.CgroupParent}/{id}").Where(Directory.Exists);

    private static async Task<List<string>> ActionsAsync(System.Threading.Channels.ChannelReader<ContainerEvent> events, int count)
    {
        var actions = new List<string>();
        using var deadline = new CancellationTokenSource(Poll.Patience);
        while (actions.Count < count)
            actions.Add((await events.ReadAsync(deadline.Token)).Action);
        return actions;
    }

    private static async Task NextAsync(System.Threading.Channels.ChannelReader<ContainerEvent> events, string action)
    {
        using var deadline = new CancellationTokenSource(Poll.Patience);
        while ((await events.ReadAsync(deadline.Token)).Action != action)
        {
        }
    }
}
