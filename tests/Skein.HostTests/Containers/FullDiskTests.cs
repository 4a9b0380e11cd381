using Skein.Agent.Containers;
using Skein.Model;
using Xunit;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.HostTests.Containers;

/// <summary>The disk under the engine's records, logs and volumes is full, and has space again.</summary>
public class FullDiskTests
{
    [Fact]
    public async Task AContainerRunsOnItsEndIsToldAndItsRecordFollowsWhenThereIsSpace()
    {
        await using var host = await EngineHost.StartAsync();
        using var disk = new SmallDisk(host.Options.DataRoot, "1m");
        using var stop = new CancellationTokenSource();
        var running = host.Engine.RunAsync(stop.Token);
        var id = await host.RunAsync("quiet", "sleep", "1000");
        var loud = await host.RunAsync("loud", "sh", "-c", "i=0; while true; do i=$((i+1)); echo line-$i-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; usleep 2000; done");
        await host.WaitForLogAsync(loud, "line-10-");

        disk.Fill();
        // It is read on: a container whose output nobody takes stands still after 64 KiB.
        var written = await UntilGrownAsync(host, loud, 200_000);
        await host.Engine.KillAsync(id, "SIGKILL", default);
        Assert.Equal(137, await host.WaitAsync(id));
        Assert.Equal(ContainerStatus.Exited, host.Engine.Find(id).State.Status);

        disk.Free();
        var lines = new List<string>();
        await foreach (var line in host.Engine.ReadLogsAsync(loud, new LogQuery(true, true, true, null, null, null), Poll.Soon))
        {
            lines.Add(System.Text.Encoding.UTF8.GetString(line.Line.Span));
            if (Number(lines[^1]) > written) break;
        }
        Assert.All(lines.Select(Number).Zip(lines.Select(Number).Skip(1)), pair => Assert.True(pair.First < pair.Second, $"{pair}"));
        await Poll.UntilAsync("the end is on disk", () => StoredStatus(host, id) == "Exited");

        await stop.CancelAsync();
        await running;
        await host.RestartEngineAsync();
        Assert.Equal((ContainerStatus.Exited, 137), (host.Engine.Find(id).State.Status, host.Engine.Find(id).State.ExitCode));
        foreach (var container in host.Engine.List()) await host.Engine.RemoveAsync(container.Id, force: true, volumesToo: true, default);
    }

    [Fact]
    public async Task WhatCannotBeMadeIsUnmadeAndMadeWhenThereIsSpace()
    {
        await using var host = await EngineHost.StartAsync();
        using var disk = new SmallDisk(host.Options.DataRoot, "1m");
        var definition = EngineHost.Define("kept", "true");
        definition.Spec.Image = BusyboxImages.Declaring;
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "named", Target = "/srv/link/data" });

        // Its record, which comes first, finds a place; a file of its volume, or a second record, does not.
        disk.Fill(leave: Environment.SystemPageSize);
        var refused = await Assert.ThrowsAsync<SkeinException>(() => host.Engine.CreateAsync(definition, default));
        Assert.Contains("No space left on device", refused.Message);
        var record = await Assert.ThrowsAnyAsync<IOException>(() => host.Engine.CreateAsync(EngineHost.Define("plain", "true"), default));
        Assert.Contains("No space left on device", record.Message);
        Assert.Empty(host.Engine.List());
        Assert.Empty(Directory.GetDirectories(host.Options.DataRoot + "/containers"));

        disk.Free();
        Assert.Equal(0, await host.WaitAsync(await host.RunAsync(definition)));
        Assert.Equal(0, await host.WaitAsync(await host.RunAsync("plain", "true")));
        // The copy that broke off left nothing: else the volume would pass for one in use, and keep its part for ever.
        Assert.Equal(
            ["again", "link", "pipe", "seed", "tool"],
            Directory.GetFileSystemEntries(host.Options.DataRoot + "/volumes/named/_data").Select(Path.GetFileName).Order());
        foreach (var container in host.Engine.List()) await host.Engine.RemoveAsync(container.Id, force: true, volumesToo: true, default);
    }

    [Fact]
    public async Task ARecordCutShortIsNotTakenForAContainer()
    {
        await using var host = await EngineHost.StartAsync();
        var (cut, whole) = (await host.RunAsync("cut", "sleep", "1000"), await host.RunAsync("whole", "sleep", "1000"));

        await host.RestartEngineAsync(() =>
        {
            using var file = File.OpenWrite(Path.Combine(host.Options.DataRoot, "containers", cut, "container.pb"));
            file.SetLength(0);
            return Task.CompletedTask;
        });

        Assert.Equal(whole, Assert.Single(host.Engine.List()).Id);
        Assert.Equal(ContainerStatus.Running, host.Engine.Find(whole).State.Status);
        Assert.False(Directory.Exists(Path.Combine(host.Options.DataRoot, "containers", cut)));
    }

    private static int Number(string line) => int.Parse(line.Split('-')[1]);

    private static async Task<int> UntilGrownAsync(EngineHost host, string id, int bytes)
    {
        await using var streams = await host.Engine.AttachAsync(id, default);
        using var reader = new StreamReader(streams.Stdout!);
        var (last, read) = (0, 0);
        while (read < bytes && await reader.ReadLineAsync().WaitAsync(Poll.Patience) is { } line)
        {
            read += line.Length;
            last = Number(line);
        }
        return last;
    }

    private static string StoredStatus(EngineHost host, string id) =>
        StoredContainer.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(host.Options.DataRoot, "containers", id, "container.pb"))).Status;
}
