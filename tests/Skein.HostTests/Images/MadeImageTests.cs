using System.Diagnostics;
using System.Formats.Tar;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.LeasesApi;
using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Images;

/// <summary>Images made here: of a container's files, and of a tar's.</summary>
public sealed class MadeImageTests(ImageBed bed) : IClassFixture<ImageBed>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_layer_of_a_container_becomes_an_images_and_comes_back_from_a_registry(bool docker)
    {
        var basis = TestImage.Make($"committed {docker}", docker, layers: [TestImage.Layer(("kept", TestImage.Text("kept")), ("gone", TestImage.Text("gone")), ("lower/file", TestImage.Text("x")))]);
        await bed.Registry.PushAsync("library/basis", $"v{docker}".ToLowerInvariant(), basis);
        using var store = bed.NewStore();
        var parent = await store.PullAsync($"basis:v{docker}".ToLowerInvariant(), null, null, Poll.Soon);
        var layers = await WriteAsync($"container-{docker}", parent, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "new"), "new");
            Run("ln", Path.Combine(folder, "new"), Path.Combine(folder, "same"));
            Run("mknod", Path.Combine(folder, "gone"), "c", "0", "0");
            Run("mkdir", Path.Combine(folder, "lower"));
            Run("python3", "-c", "import os, sys; os.setxattr(sys.argv[1], 'trusted.overlay.opaque', b'y')", Path.Combine(folder, "lower"));
        });
        var name = $"{bed.Registry.Address}/team/committed:{docker}".ToLowerInvariant();

        var image = await store.CommitAsync(parent.Id, layers, new(name, parent.Config with { Cmd = ["new"] }, "me", "why", "sh"), () => true, Poll.Soon);
        await bed.CollectGarbageAsync();

        Assert.Equal([name], image.Tags);
        Assert.Equal(parent.Layers, image.Layers.SkipLast(1));
        Assert.Equal(("me", "why", "new"), (image.Author, image.Comment, Assert.Single(image.Config.Cmd)));
        var steps = await store.HistoryAsync(name, Poll.Soon);
        Assert.Equal(("sh", "why"), (steps[^1].CreatedBy, steps[^1].Comment));
        Assert.True(steps[^1].Size > 0);

        await store.PushAsync(name, null, null, new PushTests.Said(), Poll.Soon);
        await store.RemoveAsync(name, force: true, Poll.Soon);
        await bed.CollectGarbageAsync();
        var back = await store.PullAsync(name, null, null, Poll.Soon);
        Assert.Equal(image.Id, back.Id);
        Assert.Equal(["kept", "lower", "new", "same"], await FilesAsync($"again-{docker}", back));
    }

    [Fact]
    public async Task A_container_that_made_nothing_makes_no_layer()
    {
        using var store = bed.NewStore();
        await PushTests.LoadAsync(store, TestImage.Make("untouched"), "untouched:1");
        var parent = store.Find("untouched:1");
        var layers = await WriteAsync("idle", parent, _ => { });

        var image = await store.CommitAsync(parent.Id, layers, new("", parent.Config, "", "", "sh"), () => true, Poll.Soon);

        Assert.Equal(parent.Layers, image.Layers);
        Assert.Empty(image.Tags);
        Assert.NotEqual(parent.Id, image.Id);
        Assert.Equal(0, (await store.HistoryAsync(image.Id, Poll.Soon))[^1].Size);
    }

    [Fact]
    public async Task Of_a_container_that_went_meanwhile_nothing_stays()
    {
        using var store = bed.NewStore();
        await PushTests.LoadAsync(store, TestImage.Make("went"), "went:1");
        var parent = store.Find("went:1");
        var layers = await WriteAsync("went", parent, folder => File.WriteAllText(Path.Combine(folder, "half"), "half"));

        await Assert.ThrowsAsync<SkeinException>(() => store.CommitAsync(parent.Id, layers, new("went:2", parent.Config, "", "", ""), () => false, Poll.Soon));

        Assert.Null(store.TryFind("went:2"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(bed.Containerd.Folder, "work")));
        Assert.DoesNotContain((await bed.Containerd.Client.Leases.ListAsync(new ListRequest())).Leases, lease => lease.Id.Contains("commit-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tar_becomes_an_image(bool gzip)
    {
        var tar = TestImage.Layer(("bin/busybox", File.ReadAllBytes("/bin/busybox")), ("etc/marker", TestImage.Text($"imported {gzip}")));
        using var store = bed.NewStore();

        var image = await store.ImportAsync(
            new MemoryStream(gzip ? TestImage.Gzip(tar) : tar), null, new($"imported:{gzip}".ToLowerInvariant(), ImageConfig.Empty with { Cmd = ["/bin/busybox"] }, "", "of a tar", ""), Poll.Soon);
        await bed.CollectGarbageAsync();

        Assert.Equal((TestImage.DigestOf(tar), "of a tar", "linux"), (Assert.Single(image.Layers), image.Comment, image.Os));
        Assert.Equal(["bin", "etc"], await FilesAsync($"imported-{gzip}", image));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(bed.Containerd.Folder, "work")));
    }

    [Fact]
    public async Task What_is_no_tar_becomes_none()
    {
        using var store = bed.NewStore();
        foreach (var garbage in (byte[][])[TestImage.Text("no tar at all, but some text that is long enough"), TestImage.Gzip(TestImage.Layer(("half", TestImage.Text("half")))[..300])])
            await Assert.ThrowsAsync<SkeinException>(() => store.ImportAsync(new MemoryStream(garbage), null, new("garbage:1", ImageConfig.Empty, "", "", ""), Poll.Soon));
        Assert.Null(store.TryFind("garbage:1"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(bed.Containerd.Folder, "work")));
    }

    [Fact]
    public async Task A_tar_reaches_no_file_outside_of_its_layer()
    {
        var outside = Path.Combine(bed.Containerd.Folder, "outside");
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = bed.Containerd.Folder });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "link/outside") { DataStream = new MemoryStream([1]) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"../../../../../../../../..{outside}") { DataStream = new MemoryStream([1]) });
        }
        memory.Position = 0;
        using var store = bed.NewStore();
        try
        {
            await store.ImportAsync(memory, null, new("escape:1", ImageConfig.Empty, "", "", ""), Poll.Soon);
        }
        catch (SkeinException)
        {
            // Refused, or kept within: both are well.
        }
        Assert.False(File.Exists(outside));
    }

    /// <summary>A container's snapshot on an image.</summary>
    private async Task<IReadOnlyList<string>> WriteAsync(string key, ImageRecord image, Action<string> write)
    {
        var made = await bed.Containerd.Client.Snapshots.PrepareAsync(new()
        {
            Snapshotter = ContainerdClient.Snapshotter,
            Key = key,
            Parent = ChainId.Of(image.Layers),
            Labels = { ["containerd.io/gc.root"] = "test" },
        });
        var options = made.Mounts[0].Options;
        var own = options.First(option => option.StartsWith("upperdir=", StringComparison.Ordinal))["upperdir=".Length..];
        write(own);
        return [own, .. options.First(option => option.StartsWith("lowerdir=", StringComparison.Ordinal))["lowerdir=".Length..].Split(':')];
    }

    /// <summary>Names in its root.</summary>
    private async Task<IReadOnlyList<string>> FilesAsync(string key, ImageRecord image)
    {
        var view = await bed.Containerd.Client.Snapshots.ViewAsync(new() { Snapshotter = ContainerdClient.Snapshotter, Key = key, Parent = ChainId.Of(image.Layers) });
        var target = Directory.CreateTempSubdirectory("skein-view-").FullName;
        var mount = view.Mounts[0];
        Run("mount", "-t", mount.Type == "bind" ? "none" : mount.Type, "-o", string.Join(',', mount.Options), mount.Source, target);
        try
        {
            return [.. Directory.GetFileSystemEntries(target).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        }
        finally
        {
            Run("umount", target);
            Directory.Delete(target);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: status {process.ExitCode}");
    }
}
