using System.Collections.Concurrent;
using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.LeasesApi;
using Skein.Agent.Containerd.SnapshotsApi;
using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Images;

public class ImageStoreTests(ImageBed bed) : IClassFixture<ImageBed>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pull_unpacks_the_image_and_survives_garbage_collection(bool docker)
    {
        var image = TestImage.Make($"pull {docker}", docker);
        var name = docker ? "pulled-docker" : "pulled-oci";
        await bed.Registry.PushAsync($"library/{name}", "latest", image);
        using var store = bed.NewStore();
        var lines = new Lines();

        var record = await store.PullAsync(name, null, lines, Poll.Soon);
        await bed.CollectGarbageAsync();

        Assert.Equal(image.Id, record.Id);
        Assert.Equal([$"{name}:latest"], record.Tags);
        Assert.Equal([$"{name}@{image.Target.Digest}"], record.Digests);
        Assert.Equal(["/bin/busybox", "sh"], record.Config.Cmd);
        Assert.Equal(["80/tcp"], record.Config.ExposedPorts);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero), record.Created);
        Assert.True(record.Size > 1_000_000, $"size {record.Size}");
        var steps = await store.HistoryAsync(name, Poll.Soon);
        Assert.Equal((record.Layers.Count, record.Size), (steps.Count(step => step.Size > 0), steps.Sum(step => step.Size)));
        var stat = await bed.Containerd.Client.Snapshots.StatAsync(
            new StatSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = ChainId.Of(record.Layers) });
        Assert.Equal(Kind.Committed, stat.Info.Kind);
        Assert.DoesNotContain((await bed.Containerd.Client.Leases.ListAsync(new ListRequest())).Leases, lease => lease.Id.Contains(name, StringComparison.Ordinal));
        Assert.Equal($"latest Pulling from library/{name}", lines.All.First());
        Assert.Equal($" Status: Downloaded newer image for {name}:latest", lines.All.Last());
        Assert.Contains(lines.All, line => line.EndsWith("Pull complete", StringComparison.Ordinal));

        // A new daemon finds it all in containerd.
        using var later = bed.NewStore();
        await later.OpenAsync(Poll.Soon);
        Assert.Equal(image.Id, later.Find(name).Id);
        Assert.Equal(image.Id, later.Find(image.Id[7..19]).Id);
        Assert.Equal(record.Tags, later.Find(image.Id).Tags);
    }

    [Fact]
    public async Task What_was_saved_is_loaded_again_with_the_names_asked_for()
    {
        var index = TestImage.Index(TestImage.Make("kept amd64"), TestImage.Make("kept arm64"));
        await bed.Registry.PushAsync("library/kept", "v1", index);
        using var store = bed.NewStore();
        var pulled = await store.PullAsync("kept:v1", null, null, Poll.Soon);
        await store.TagAsync("kept:v1", "kept:v2", Poll.Soon);
        await store.TagAsync("kept:v1", "alike:v3", Poll.Soon);
        using var tar = new MemoryStream();
        await store.SaveAsync(["kept", "alike:v3"], null, tar, Poll.Soon);
        using var nameless = new MemoryStream();
        await store.SaveAsync([pulled.Id[7..19]], null, nameless, Poll.Soon);
        using var nothing = new MemoryStream();
        await Assert.ThrowsAsync<SkeinException>(() => store.SaveAsync(["kept:v1", "never:v1"], null, nothing, Poll.Soon));
        Assert.Equal(0, nothing.Length);

        await store.RemoveAsync(pulled.Id, force: true, Poll.Soon);
        await bed.CollectGarbageAsync();
        tar.Position = nameless.Position = 0;
        Assert.Equal(["alike:v3", "kept:v1", "kept:v2"], (await store.LoadAsync(tar, null, Poll.Soon)).Order(StringComparer.Ordinal));
        Assert.Equal((index.Id, pulled.Size), (store.Find("kept:v2").Id, store.Find("kept:v2").Size));
        await store.RemoveAsync(pulled.Id, force: true, Poll.Soon);
        Assert.Equal([pulled.Id], await store.LoadAsync(nameless, null, Poll.Soon));
        Assert.Empty(store.Find(pulled.Id).Tags);
        await store.RemoveAsync(pulled.Id, force: true, Poll.Soon);
    }

    [Fact]
    public async Task Of_an_index_this_hosts_image_is_taken()
    {
        var index = TestImage.Index(TestImage.Make("amd64"), TestImage.Make("arm64"));
        await bed.Registry.PushAsync("library/many", "v1", index);
        using var store = bed.NewStore();

        var record = await store.PullAsync("many:v1", null, null, Poll.Soon);
        await bed.CollectGarbageAsync();
        var remote = await store.ResolveAsync("many:v1", null, Poll.Soon);

        Assert.Equal(index.Id, record.Id);
        Assert.Equal([$"many@{index.Target.Digest}"], record.Digests);
        Assert.Equal(index.Target.Digest, remote.Digest);
        Assert.Equal(["arm64", "amd64"], remote.Platforms.Select(p => p.Architecture));
        using var later = bed.NewStore();
        await later.OpenAsync(Poll.Soon);
        Assert.Equal(index.Id, later.Find("many:v1").Id);
    }

    [Fact]
    public async Task A_pinned_image_that_is_here_is_taken_without_a_word_to_the_registry()
    {
        var image = TestImage.Make("pinned");
        await bed.Registry.PushAsync("library/pinned", "latest", image);
        var transport = new WatchedTransport();
        using var store = bed.NewStore(transport);
        await store.PullAsync("pinned", null, null, Poll.Soon);
        transport.Requests.Clear();

        var record = await store.PullAsync($"pinned:latest@{image.Target.Digest}", null, null, Poll.Soon);

        Assert.Equal(image.Id, record.Id);
        Assert.Empty(transport.Requests);
        Assert.Equal(image.Id, store.Find($"pinned:latest@{image.Target.Digest}").Id);
    }

    [Fact]
    public async Task A_second_pull_of_a_tag_asks_for_its_manifest_alone()
    {
        await bed.Registry.PushAsync("library/again", "latest", TestImage.Make("again"));
        var transport = new WatchedTransport();
        using var store = bed.NewStore(transport);
        await store.PullAsync("again", null, null, Poll.Soon);
        transport.Requests.Clear();
        var lines = new Lines();

        await store.PullAsync("again", null, lines, Poll.Soon);

        Assert.Equal(["/v2/library/again/manifests/latest"], transport.Requests);
        Assert.Equal(" Status: Image is up to date for again:latest", lines.All.Last());
    }

    [Fact]
    public async Task Many_at_once_pull_once()
    {
        var image = TestImage.Make("crowd", layers: [TestImage.Layer(("crowd", TestImage.Text("crowd")))]);
        await bed.Registry.PushAsync("library/crowd", "latest", image);
        var transport = new WatchedTransport();
        using var store = bed.NewStore(transport);
        await store.OpenAsync(Poll.Soon);
        // By tag and by digest are two pulls: their layers are fetched once all the same.
        string[] names = ["crowd", $"crowd@{image.Target.Digest}"];

        var records = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => store.PullAsync(names[i % 2], null, null, Poll.Soon)));

        Assert.All(records, record => Assert.Equal(image.Id, record.Id));
        var layer = image.Blobs.Keys.Single(digest => digest != image.Id);
        Assert.Single(transport.Requests, request => request.Contains(layer, StringComparison.Ordinal));
        await bed.CollectGarbageAsync();
        using var later = bed.NewStore();
        await later.OpenAsync(Poll.Soon);
        Assert.Equal(image.Id, later.Find("crowd").Id);
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_it_broke()
    {
        var noise = new byte[3 << 20];
        new Random(1).NextBytes(noise);
        var image = TestImage.Make("broken", layers: [TestImage.Layer(("noise", noise))]);
        await bed.Registry.PushAsync("library/broken", "latest", image);
        var layer = image.Blobs.Keys.Single(digest => digest != image.Id);
        var broken = 0;
        var transport = new WatchedTransport
        {
            Spoil = (request, bytes) => request.RequestUri!.AbsolutePath.EndsWith(layer, StringComparison.Ordinal) && broken++ == 0 ? bytes[..(2 << 20)] : bytes,
        };
        using var store = bed.NewStore(transport);

        var record = await store.PullAsync("broken", null, null, Poll.Soon);

        Assert.Equal(image.Id, record.Id);
        Assert.Contains($"/v2/library/broken/blobs/{layer} bytes={2 << 20}-", transport.Requests);
    }

    [Fact]
    public async Task A_layer_that_is_not_what_its_digest_says_is_refused_and_can_be_pulled_later()
    {
        var image = TestImage.Make("forged", layers: [TestImage.Layer(("forged", TestImage.Text("forged")))]);
        await bed.Registry.PushAsync("library/forged", "latest", image);
        var layer = image.Blobs.Keys.Single(digest => digest != image.Id);
        var transport = new WatchedTransport
        {
            Spoil = (request, bytes) =>
            {
                if (request.RequestUri!.AbsolutePath.EndsWith(layer, StringComparison.Ordinal)) bytes[^1] ^= 1;
                return bytes;
            },
        };
        using (var store = bed.NewStore(transport))
        {
            var error = await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync("forged", null, null, Poll.Soon));
            Assert.Equal($"filesystem layer verification failed for digest {layer}", error.Message);
            Assert.Throws<SkeinException>(() => store.Find("forged"));
        }
        using var honest = bed.NewStore();
        Assert.Equal(image.Id, (await honest.PullAsync("forged", null, null, Poll.Soon)).Id);
    }

    [Fact]
    public async Task A_layer_that_unpacks_to_something_else_is_refused()
    {
        var image = TestImage.Make("liar", layers: [TestImage.Layer(("liar", TestImage.Text("liar")))], claimedDiffIds: ["sha256:" + new string('a', 64)]);
        await bed.Registry.PushAsync("library/liar", "latest", image);
        using var store = bed.NewStore();

        var error = await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync("liar", null, null, Poll.Soon));

        Assert.Contains("but the image's config says sha256:aaaa", error.Message);
    }

    [Fact]
    public async Task What_a_registry_lacks_is_said_in_dockers_words()
    {
        await bed.Registry.PushAsync("library/known", "latest", TestImage.Make("known"));
        using var store = bed.NewStore();

        var tag = await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync($"{bed.Registry.Address}/library/known:nope", null, null, Poll.Soon));
        Assert.Equal($"manifest for {bed.Registry.Address}/library/known:nope not found: manifest unknown: manifest unknown", tag.Message);
        Assert.Equal(ErrorKind.NotFound, tag.Kind);
        Assert.Equal("No such image: nowhere:latest", Assert.Throws<SkeinException>(() => store.Find("nowhere")).Message);
    }

    [Fact]
    public async Task A_registry_out_of_reach_is_named()
    {
        using var store = bed.NewStore();

        var error = await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync("127.0.0.1:1/x", null, null, Poll.Soon));

        Assert.Equal("Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", error.Message);
    }

    [Fact]
    public async Task Tags_come_and_go_and_the_last_takes_the_image_along()
    {
        var image = TestImage.Make("tags", layers: [TestImage.Layer(("tags", TestImage.Text("tags")))]);
        await bed.Registry.PushAsync("library/tags", "latest", image);
        using var store = bed.NewStore();
        await store.PullAsync("tags", null, null, Poll.Soon);

        Assert.Equal(
            "refusing to create an ambiguous tag using digest algorithm as name",
            (await Assert.ThrowsAsync<SkeinException>(() => store.TagAsync("tags", "sha256:v2", Poll.Soon))).Message);
        Assert.Equal(["other:v2", "tags:latest"], (await store.TagAsync("tags", "other:v2", Poll.Soon)).Tags);
        Assert.Equal(
            $"conflict: unable to delete {image.Id[7..19]} (must be forced) - image is referenced in multiple repositories",
            (await Assert.ThrowsAsync<SkeinException>(() => store.RemoveAsync(image.Id, false, Poll.Soon))).Message);
        Assert.Equal([("other:v2", null), ($"other@{image.Target.Digest}", null)], await store.RemoveAsync("other:v2", false, Poll.Soon));

        store.UsersOf = id => id == image.Id ? [new ImageUser(new string('c', 64), Running: false)] : [];
        Assert.Equal(
            $"conflict: unable to remove repository reference \"tags\" (must force) - container cccccccccccc is using its referenced image {image.Id[7..19]}",
            (await Assert.ThrowsAsync<SkeinException>(() => store.RemoveAsync("tags", false, Poll.Soon))).Message);
        store.UsersOf = id => id == image.Id ? [new ImageUser(new string('c', 64), Running: true)] : [];
        Assert.Equal([("tags:latest", null), ($"tags@{image.Target.Digest}", null)], await store.RemoveAsync("tags", force: true, Poll.Soon));
        await bed.CollectGarbageAsync();
        Assert.Empty(store.Find(image.Id).Tags);
        await store.TagAsync(image.Id, "tags", Poll.Soon);
        store.UsersOf = _ => [];
        Assert.Equal(
            [("tags:latest", null), ($"tags@{image.Target.Digest}", null), (null, image.Id), (null, image.DiffIds[0])],
            await store.RemoveAsync("tags", false, Poll.Soon));
        Assert.DoesNotContain(store.List(), record => record.Id == image.Id);

        await bed.CollectGarbageAsync();
        var gone = await Assert.ThrowsAsync<RpcException>(async () => await bed.Containerd.Client.Snapshots.StatAsync(
            new StatSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = image.DiffIds[0] }));
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task An_image_whose_name_moves_stays_without_one_until_it_is_removed()
    {
        var (old, next) = (TestImage.Make("before"), TestImage.Make("after"));
        await bed.Registry.PushAsync("library/moves", "latest", old);
        using var store = bed.NewStore();
        await store.PullAsync("moves", null, null, Poll.Soon);
        await bed.Registry.PushAsync("library/moves", "latest", next);
        await store.PullAsync("moves", null, null, Poll.Soon);
        await bed.CollectGarbageAsync();

        Assert.Equal(next.Id, store.Find("moves").Id);
        Assert.Empty(store.Find(old.Id).Tags);
        using var later = bed.NewStore();
        await later.OpenAsync(Poll.Soon);
        Assert.Equal(["/bin/busybox", "sh"], later.Find(old.Id).Config.Cmd);
        Assert.NotEmpty(await later.HistoryAsync(old.Id, Poll.Soon));

        // With a name again it needs its bare id no more.
        await later.TagAsync(old.Id, "moves:old", Poll.Soon);
        Assert.Contains((null, old.Id), await later.RemoveAsync("moves:old", false, Poll.Soon));
        Assert.Null(later.TryFind(old.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_docker_saved_is_loaded(bool gzip)
    {
        var image = TestImage.Make($"saved {gzip}");
        var tar = image.Save("saved:1", "me/saved:2");
        using var store = bed.NewStore();

        var made = await store.LoadAsync(new MemoryStream(gzip ? TestImage.Gzip(tar) : tar), null, Poll.Soon);
        await bed.CollectGarbageAsync();

        Assert.Equal(["saved:1", "me/saved:2"], made);
        Assert.Equal(image.Id, store.Find("me/saved:2").Id);
        Assert.Empty(Directory.GetDirectories(Path.Combine(bed.Containerd.Folder, "work")));
        using var later = bed.NewStore();
        await later.OpenAsync(Poll.Soon);
        Assert.Equal(image.Id, later.Find("saved:1").Id);
    }

    [Fact]
    public async Task What_is_removed_and_wanted_again_at_once_is_not_collected_from_under_it()
    {
        var layers = Enumerable.Range(0, 4).Select(i => TestImage.Layer(($"again {i}", TestImage.Text($"again {i}")))).ToList();
        var image = TestImage.Make("removed and wanted", layers: layers);
        var tar = image.Save("wanted:1");
        using var store = bed.NewStore();
        using var enough = new CancellationTokenSource();
        var collecting = CollectUntilAsync(enough.Token);

        for (var round = 0; round < 25; round++)
        {
            await store.LoadAsync(new MemoryStream(tar), null, Poll.Soon);
            Assert.Equal(image.Id, store.Find("wanted:1").Id);
            await store.RemoveAsync("wanted:1", force: true, Poll.Soon);
        }

        await enough.CancelAsync();
        await collecting;
    }

    [Fact]
    public async Task An_oci_layout_is_loaded()
    {
        var image = TestImage.Make("layout", docker: false);
        using var store = bed.NewStore();

        Assert.Equal(["layout:latest"], await store.LoadAsync(new MemoryStream(image.Layout("docker.io/library/layout:latest")), null, Poll.Soon));
        Assert.Equal(image.Id, store.Find("layout").Id);
    }

    [Fact]
    public async Task What_is_no_image_is_refused()
    {
        using var store = bed.NewStore();
        await Assert.ThrowsAsync<SkeinException>(() => store.LoadAsync(new MemoryStream(TestImage.Layer(("readme", TestImage.Text("x")))), null, Poll.Soon));
        await Assert.ThrowsAsync<SkeinException>(() => store.LoadAsync(new MemoryStream(new byte[700].Select((_, i) => (byte)(i + 1)).ToArray()), null, Poll.Soon));
        Assert.Empty(Directory.GetDirectories(Path.Combine(bed.Containerd.Folder, "work")));
    }

    private async Task CollectUntilAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested) await bed.CollectGarbageAsync();
    }

    private sealed class Lines : IProgress<ImageProgress>
    {
        public ConcurrentQueue<string> All { get; } = new();

        public void Report(ImageProgress value) => All.Enqueue($"{value.Id} {value.Status}");
    }
}
