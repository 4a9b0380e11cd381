using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

/// <summary>Parts of volumes, and images, mounted into a container.</summary>
public sealed class SubpathTests
{
    [Fact]
    public async Task APartOfAVolumeIsSeenAloneAndWrittenTo()
    {
        await using var host = await EngineHost.StartAsync();
        var data = VolumeOf(host, "tree");
        Directory.CreateDirectory(data + "/a/b");
        File.WriteAllText(data + "/a/b/deep", "deep\n");
        File.WriteAllText(data + "/file", "alone\n");
        File.WriteAllText(data + "/beside", "");
        var definition = EngineHost.Define("box", "sh", "-c", "cat /m/deep /f; ls /m; echo new > /m/made; echo more >> /f; touch /r/x || echo read-only");
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "tree", Target = "/m", Subpath = "a/../a/b" });
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "tree", Target = "/f", Subpath = "file" });
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "tree", Target = "/r", Subpath = "a", ReadOnly = true });

        var id = await host.RunAsync(definition);
        // What the runtime bound from is gone before the container is: nothing of it lies on the host.
        Assert.Empty(ContainerdProcess.MountsBelow(host.Options.ExecRoot + "/staging"));
        Assert.Equal(0, await host.WaitAsync(id));
        Assert.Equal(["deep", "alone", "deep", "read-only"], Lines(await host.LogsAsync(id)).Where(line => !line.StartsWith("touch:", StringComparison.Ordinal)));
        Assert.Equal(("new\n", "alone\nmore\n"), (File.ReadAllText(data + "/a/b/made"), File.ReadAllText(data + "/file")));

        // Again after a boot, which took what the host had mounted.
        await host.RestartEngineAsync();
        await host.Engine.StartAsync(id, default);
        Assert.Equal(0, await host.WaitAsync(id));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("../../../../../../..")]
    public async Task ALinkLeadsNowhereButIntoTheVolume(string link)
    {
        await using var host = await EngineHost.StartAsync();
        var data = VolumeOf(host, "tree");
        File.WriteAllText(data + "/mine", "");
        Directory.CreateDirectory(data + "/sub");
        File.CreateSymbolicLink(data + "/sub/out", link);
        var definition = EngineHost.Define("box", "ls", "/m");
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "tree", Target = "/m", Subpath = "sub/out" });
        Assert.Equal((0, "mine\nsub\n"), await host.OutputOfAsync(definition));
    }

    [Fact]
    public async Task APartThatIsNotThereIsSaid()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("box", "true");
        definition.Spec.Mounts.Add(new Mount { Type = "volume", Source = "tree", Target = "/m", Subpath = "gone" });
        var refusal = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(definition));
        Assert.Equal($"cannot access path {host.Options.DataRoot}/volumes/tree/_data/gone: no such file or directory", refusal.Message);
        Assert.False(Directory.Exists($"{host.Options.ExecRoot}/staging/{host.Engine.List().Single().Id}"));
    }

    [Fact]
    public async Task AnImageIsMountedReadOnlyWholeOrInPart()
    {
        await using var host = await EngineHost.StartAsync();
        var before = await SnapshotsAsync(host);
        var definition = EngineHost.Define("box", "sh", "-c", "ls -d /i/bin/busybox; ls /b | head -1; cat /p | head -c 5; touch /i/x 2>&1; touch /b/x 2>&1");
        definition.Spec.Mounts.Add(new Mount { Type = "image", Source = BusyboxImages.Name, Target = "/i", ReadOnly = true });
        definition.Spec.Mounts.Add(new Mount { Type = "image", Source = BusyboxImages.Name, Target = "/b", ReadOnly = true, Subpath = "bin" });
        definition.Spec.Mounts.Add(new Mount { Type = "image", Source = BusyboxImages.Name, Target = "/p", ReadOnly = true, Subpath = "etc/passwd" });
        var output = Lines((await host.OutputOfAsync(definition)).Output);
        Assert.Equal(["/i/bin/busybox", "busybox", "root:touch: /i/x: Read-only file system", "touch: /b/x: Read-only file system"], output);
        await host.Engine.RemoveAsync("box", force: false, volumesToo: true, default);
        Assert.Equal(before, await SnapshotsAsync(host));
        Assert.Empty(ContainerdProcess.MountsBelow(host.Containerd.Folder));

        var missing = EngineHost.Define("missing", "true");
        missing.Spec.Mounts.Add(new Mount { Type = "image", Source = "nothing", Target = "/i", ReadOnly = true });
        await Assert.ThrowsAnyAsync<Exception>(() => host.RunAsync(missing));
        Assert.Equal(before, await SnapshotsAsync(host));
    }

    private static string VolumeOf(EngineHost host, string name) => Directory.CreateDirectory($"{host.Options.DataRoot}/volumes/{name}/_data").FullName;

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<int> SnapshotsAsync(EngineHost host)
    {
        using var list = host.Containerd.Client.Snapshots.List(new() { Snapshotter = "overlayfs" });
        var count = 0;
        while (await list.ResponseStream.MoveNext(default)) count += list.ResponseStream.Current.Info.Count;
        return count;
    }
}
