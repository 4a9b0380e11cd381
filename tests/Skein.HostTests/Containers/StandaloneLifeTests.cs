using Skein.Agent.Containers;
using Skein.Agent.Containers.Storage;
using Skein.Linux.Mounts;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.HostTests.Containers;

/// <summary>What users see of their containers' lives between two runs, and of their ends.</summary>
public sealed class StandaloneLifeTests
{
    [Fact]
    public async Task One_that_ends_and_is_to_start_again_is_restarting_at_once()
    {
        await using var host = await StandaloneHost.StartAsync();
        using var leave = new CancellationTokenSource();
        var events = host.Engine.Subscribe(leave.Token);
        var id = await host.CreateAsync("again", wish => wish.Restart = new() { Name = "on-failure", MaximumRetryCount = 2 }, "sh", "-c", "exit 3");
        await host.Containers.StartAsync(id, default);
        var seen = new List<string>();
        using var deadline = new CancellationTokenSource(Poll.Patience);
        while (seen.Count < 3)
        {
            var happened = await events.ReadAsync(deadline.Token);
            if (happened.Action == "die") seen.Add($"{happened.Container.State.Status} {happened.Container.RestartCount}");
        }
        Assert.Equal(["Restarting 1", "Restarting 2", "Exited 2"], seen);
        await leave.CancelAsync();
    }

    [Fact]
    public async Task One_that_waits_for_its_next_start_is_at_rest_when_it_was_stopped()
    {
        await using var host = await StandaloneHost.StartAsync();
        var id = await host.CreateAsync("again", wish => wish.Restart = new() { Name = "always" }, "sh", "-c", "exit 3");
        await host.Containers.StartAsync(id, default);
        // The pauses become longer: by then there is time.
        await Poll.UntilAsync("it waits", () => host.Engine.Find(id) is { RestartCount: >= 4, State.Status: ContainerStatus.Restarting });
        var rest = host.Engine.WaitAtRestAsync(id, default);
        await host.Containers.StopAsync(id, null, null, default);
        Assert.Equal(3, await rest.WaitAsync(Poll.Patience));
        Assert.Equal(ContainerStatus.Exited, host.Engine.Find(id).State.Status);
    }

    [Fact]
    public async Task One_whose_end_was_just_told_is_started_again()
    {
        await using var host = await StandaloneHost.StartAsync();
        var id = await host.CreateAsync("brief", _ => { }, "true");
        for (var run = 0; run < 20; run++)
        {
            await host.Containers.StartAsync(id, default);
            await host.Host.WaitAsync(id);
            var before = host.Engine.Find(id).State.StartedAt;
            await host.Containers.StartAsync(id, default);
            Assert.NotEqual(before, host.Engine.Find(id).State.StartedAt);
            await host.Host.WaitAsync(id);
        }
    }

    [Fact]
    public async Task One_that_ran_once_and_cannot_be_started_again_has_ended()
    {
        await using var host = await StandaloneHost.StartAsync();
        var other = await host.CreateAsync("other", _ => { }, "true");
        var id = await host.CreateAsync("box", wish => wish.PidMode = "container:" + other, "true");
        await Assert.ThrowsAsync<SkeinException>(() => host.Containers.StartAsync(id, default));
        Assert.Equal(ContainerStatus.Created, host.Engine.Find(id).State.Status);
        var twice = await host.CreateAsync("twice", _ => { }, "true");
        await host.Containers.StartAsync(twice, default);
        await host.Host.WaitAsync(twice);
        await host.Host.Containerd.Client.Containers.DeleteAsync(new() { Id = twice });
        await Assert.ThrowsAsync<SkeinException>(() => host.Containers.StartAsync(twice, default));
        Assert.Equal(ContainerStatus.Exited, host.Engine.Find(twice).State.Status);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("kill")]
    [InlineData("rm -f")]
    public async Task A_connect_that_waits_for_the_swarm_holds_up_nobody_who_wants_the_container_to_end(string verb)
    {
        var swarm = new SlowSwarm();
        await using var host = await StandaloneHost.StartAsync(swarm);
        var id = await host.CreateAsync("box", OnOverlay, "sleep", "1000");
        await host.Containers.StartAsync(id, default);
        var connected = host.Containers.ConnectAsync(id, new StandaloneEndpoint { Network = "second" }, default);
        await swarm.Waits.Task.WaitAsync(Poll.Patience);
        await EndAsync(host, id, verb).WaitAsync(Poll.Patience);
        var ended = await Assert.ThrowsAsync<SkeinException>(() => connected.WaitAsync(Poll.Patience));
        Assert.Equal("Could not attach to network second: the container ends, or is to end, and no manager of the swarm has answered before", ended.Message);
        if (verb != "rm -f") Assert.Single(host.Engine.Find(id).Definition.Standalone.Endpoints);
    }

    [Fact]
    public async Task A_network_that_is_heard_of_at_the_start_is_known_from_then_on()
    {
        var swarm = new SlowSwarm { IsKnown = false };
        await using var host = await StandaloneHost.StartAsync(swarm);
        var id = await host.CreateAsync("box", OnOverlay, "sleep", "1000");
        Assert.Equal("", Assert.Single(host.Engine.Find(id).Definition.Networks).Id);
        swarm.IsKnown = true;
        await host.Containers.StartAsync(id, default);
        await host.Containers.StopAsync(id, TimeSpan.Zero, null, default);
        var network = Assert.Single(host.Engine.Find(id).Definition.Networks);
        Assert.Equal($"id of {network.Name}", network.Id);
    }

    [Fact]
    public async Task A_start_that_waits_for_the_swarm_holds_up_no_removal()
    {
        var swarm = new SlowSwarm { HoldsStarts = true };
        await using var host = await StandaloneHost.StartAsync(swarm);
        var id = await host.CreateAsync("box", OnOverlay, "sleep", "1000");
        var started = host.Containers.StartAsync(id, default);
        await swarm.Waits.Task.WaitAsync(Poll.Patience);
        await EndAsync(host, id, "rm -f").WaitAsync(Poll.Patience);
        await Assert.ThrowsAsync<SkeinException>(() => started.WaitAsync(Poll.Patience));
        Assert.Empty(host.Engine.List());
    }

    [Fact]
    public async Task One_whose_end_a_daemon_found_and_died_before_it_could_act_is_started_by_the_next()
    {
        await using var host = await StandaloneHost.StartAsync();
        var id = await host.CreateAsync("again", wish => wish.Restart = new() { Name = "on-failure" }, "sleep", "1000");
        await host.Containers.StartAsync(id, default);
        await host.RestartAsync(async () =>
        {
            await host.Host.Containerd.Client.Tasks.KillAsync(new() { ContainerId = id, Signal = 9, All = true });
            await host.Host.Containerd.Client.Tasks.WaitAsync(new() { ContainerId = id });
            // This one takes up what the engine finds, and no more.
            await host.Host.RestartEngineAsync();
            Assert.Equal(ContainerStatus.Exited, host.Engine.Find(id).State.Status);
            host.Engine.Dispose();
        });
        await Poll.UntilAsync("it runs again", () => host.Engine.Find(id).State.IsRunning);
        await Poll.UntilAsync("that is written down", () => host.Engine.Find(id) is { EndedUnseen: false, RestartCount: 1 });
    }

    [Fact]
    public async Task An_end_that_asks_for_no_start_is_decided_once()
    {
        await using var host = await StandaloneHost.StartAsync();
        var id = await host.CreateAsync("once", _ => { }, "sleep", "1000");
        await host.Containers.StartAsync(id, default);
        await host.RestartAsync(async () =>
        {
            await host.Host.Containerd.Client.Tasks.KillAsync(new() { ContainerId = id, Signal = 9, All = true });
            await host.Host.Containerd.Client.Tasks.WaitAsync(new() { ContainerId = id });
        });
        await Poll.UntilAsync("it is decided", () => !host.Engine.Find(id).EndedUnseen);
        await host.Containers.UpdateAsync(id, definition =>
        {
            definition.Standalone.Restart = new() { Name = "on-failure" };
            return definition;
        }, default);
        await host.RestartAsync(() => Task.CompletedTask);
        Assert.Equal(ContainerStatus.Exited, host.Engine.Find(id).State.Status);
    }

    private static void OnOverlay(StandaloneSpec wish)
    {
        wish.NetworkMode = "first";
        wish.Endpoints.Add(new StandaloneEndpoint { Network = "first" });
    }

    private static Task EndAsync(StandaloneHost host, string id, string verb) => verb switch
    {
        "stop" => host.Containers.StopAsync(id, TimeSpan.Zero, null, default),
        "kill" => host.Containers.KillAsync(id, "KILL", default),
        _ => host.Containers.RemoveAsync(id, force: true, volumesToo: false, default),
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_removal_that_a_killed_daemon_had_begun_is_gone_on_with(bool running)
    {
        await using var host = await StandaloneHost.StartAsync();
        var id = await host.CreateAsync("going", wish => wish.Restart = new() { Name = "always" }, "sleep", "1000");
        if (running) await host.Containers.StartAsync(id, default);
        await host.RestartAsync(() =>
        {
            // As a removal begins.
            var records = new ContainerRecords(host.Host.Options);
            var stored = Assert.Single(records.ReadAll((_, error) => throw error));
            records.Write(ContainerRecords.ToRecord(stored) with { Removal = ContainerRemoval.WithVolumes }, ContainerRecords.RootMounts(stored), stored.StopSignal);
            return Task.CompletedTask;
        });
        await Poll.UntilAsync("it is gone", () => host.Engine.List().Count == 0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(host.Host.Options.ContainersFolder));
        Assert.Empty((await host.Host.Containerd.Client.Tasks.ListAsync(new())).Tasks);
    }

    [Fact]
    public async Task One_whose_removal_failed_can_only_be_removed_again()
    {
        await using var host = await StandaloneHost.StartAsync();
        var id = await host.CreateAsync("stuck", _ => { }, "true");
        // An empty file system of its own keeps the folder of its pipes where it is.
        var held = Directory.CreateDirectory(Path.Combine(host.Host.Options.IoFolder(id), "held")).FullName;
        MountPoint.Mount("tmpfs", held, "tmpfs", MountFlags.None, "size=4k");
        try
        {
            await Assert.ThrowsAnyAsync<IOException>(() => host.Containers.RemoveAsync(id, force: false, volumesToo: false, default));
            Assert.Equal(ContainerStatus.Dead, host.Engine.Find(id).State.Status);
            var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Containers.StartAsync(id, default));
            Assert.Equal("container is marked for removal and cannot be started", refused.Message);
        }
        finally
        {
            MountPoint.Unmount(held, lazy: true);
        }
        await host.Containers.RemoveAsync(id, force: false, volumesToo: false, default);
        Assert.Empty(host.Engine.List());
    }

    [Fact]
    public async Task On_a_full_disk_what_cannot_be_kept_is_refused_and_what_runs_is_ended_and_removed()
    {
        await using var host = await StandaloneHost.StartAsync();
        using var disk = new SmallDisk(host.Host.Options.DataRoot, "1m");
        var id = await host.CreateAsync("box", _ => { }, "sleep", "1000");
        await host.Containers.StartAsync(id, default);
        disk.Fill();
        var renamed = await Assert.ThrowsAnyAsync<IOException>(() => host.Containers.RenameAsync(id, "other", default));
        Assert.Contains("No space left on device", renamed.Message);
        Assert.Equal("box", host.Engine.Find(id).Name);
        await Assert.ThrowsAnyAsync<Exception>(() => host.CreateAsync("other", _ => { }, "true"));
        await host.Containers.StopAsync(id, TimeSpan.Zero, null, default);
        Assert.Equal(ContainerStatus.Exited, host.Engine.Find(id).State.Status);
        await host.Containers.RemoveAsync(id, force: false, volumesToo: true, default);
        Assert.Empty(host.Engine.List());
        Assert.Empty(Directory.GetDirectories(host.Host.Options.ContainersFolder));
        disk.Free();
        await host.Containers.StartAsync(await host.CreateAsync("other", _ => { }, "true"), default);
        await host.Containers.RemoveAsync("other", force: true, volumesToo: true, default);
    }
}
