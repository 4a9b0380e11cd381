using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Skein.Agent.Images.Registry;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Images;

public sealed class PushTests(ImageBed bed) : IClassFixture<ImageBed>
{
    [Fact]
    public async Task What_was_pushed_is_pulled_as_it_was()
    {
        var image = Own("pushed");
        using var store = bed.NewStore();
        await LoadAsync(store, image, "loaded:1");
        var name = await TagAsync(store, "loaded:1", "team/pushed:v1");
        var said = new Said();

        await store.PushAsync(name, null, null, said, Poll.Soon);

        var digest = (await store.ResolveAsync(name, null, Poll.Soon)).Digest;
        Assert.Equal($"The push refers to repository [{bed.Registry.Address}/team/pushed]", said.Words.First());
        Assert.Equal(2, said.Words.Count(word => word.EndsWith(" Pushed", StringComparison.Ordinal)));
        Assert.StartsWith($"v1: digest: {digest} size: ", said.Words.Last());
        Assert.Equal(new PushNote.Pushed("v1", digest, said.SizeTold), Assert.Single(said.Notes));

        var again = new Said();
        await store.PushAsync(name, null, null, again, Poll.Soon);
        Assert.Equal(2, again.Words.Count(word => word.EndsWith(" Layer already exists", StringComparison.Ordinal)));

        await store.RemoveAsync(store.Find(name).Id, force: true, Poll.Soon);
        await bed.CollectGarbageAsync();
        Assert.Equal(image.Id, (await store.PullAsync(name, null, null, Poll.Soon)).Id);
        await store.RemoveAsync(name, force: true, Poll.Soon);
    }

    [Fact]
    public async Task A_layer_that_the_registry_has_elsewhere_is_not_sent()
    {
        var transport = new WatchedTransport();
        using var store = bed.NewStore(transport);
        await LoadAsync(store, Own("mounted"), "mounted:1");
        var (one, two) = (await TagAsync(store, "mounted:1", "team/one:v1"), await TagAsync(store, "mounted:1", "team/two:v1"));
        await store.PushAsync(one, null, null, new Said(), Poll.Soon);
        transport.Requests.Clear();
        var said = new Said();

        await store.PushAsync(two, null, null, said, Poll.Soon);

        Assert.Equal(2, said.Words.Count(word => word.EndsWith(" Mounted from team/one", StringComparison.Ordinal)));
        Assert.DoesNotContain(transport.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
        Assert.Equal((await store.ResolveAsync(one, null, Poll.Soon)).Digest, (await store.ResolveAsync(two, null, Poll.Soon)).Digest);
    }

    [Fact]
    public async Task All_tags_of_a_name_go_at_once()
    {
        using var store = bed.NewStore();
        await LoadAsync(store, TestImage.Make("first"), "first:1");
        await LoadAsync(store, TestImage.Make("second"), "second:1");
        await TagAsync(store, "first:1", "team/both:one");
        await TagAsync(store, "second:1", "team/both:two");
        var said = new Said();

        await store.PushAsync($"{bed.Registry.Address}/team/both", null, null, said, Poll.Soon);

        Assert.Equal(["one", "two"], said.Notes.Cast<PushNote.Pushed>().Select(note => note.Tag));
        Assert.Equal(
            $"tag does not exist: {bed.Registry.Address}/team/both:three",
            (await Assert.ThrowsAsync<SkeinException>(() => store.PushAsync($"{bed.Registry.Address}/team/both:three", null, null, said, Poll.Soon))).Message);
        Assert.Equal(
            $"An image does not exist locally with the tag: {bed.Registry.Address}/team/none",
            (await Assert.ThrowsAsync<SkeinException>(() => store.PushAsync($"{bed.Registry.Address}/team/none", null, null, said, Poll.Soon))).Message);
    }

    [Fact]
    public async Task An_index_keeps_its_digest_where_the_registry_has_the_rest_of_it()
    {
        var index = TestImage.Index(TestImage.Make("kept amd64"), TestImage.Make("kept arm64"));
        await bed.Registry.PushAsync("team/many", "v1", index);
        using var store = bed.NewStore();
        await store.PullAsync($"{bed.Registry.Address}/team/many:v1", null, null, Poll.Soon);
        var (same, other) = (await TagAsync(store, $"{bed.Registry.Address}/team/many:v1", "team/many:v2"), await TagAsync(store, $"{bed.Registry.Address}/team/many:v1", "team/few:v1"));

        await store.PushAsync(same, null, null, new Said(), Poll.Soon);
        Assert.Equal(index.Target.Digest, (await store.ResolveAsync(same, null, Poll.Soon)).Digest);

        // Elsewhere what is here goes alone.
        var said = new Said();
        await store.PushAsync(other, null, null, said, Poll.Soon);
        var note = Assert.Single(said.Notes.OfType<PushNote.ManifestInsteadOfIndex>());
        Assert.Equal((index.Target.Digest, index.Children[0].Digest), (note.Index.Digest, note.Manifest.Digest));
        Assert.Equal(index.Children[0].Digest, (await store.ResolveAsync(other, null, Poll.Soon)).Digest);
    }

    [Fact]
    public async Task A_cut_upload_goes_on_where_it_was_cut()
    {
        var noise = new byte[5 << 20];
        new Random(2).NextBytes(noise);
        var transport = new WatchedTransport();
        using var store = bed.NewStore();
        var image = TestImage.Make("cut", layers: [noise]);
        await bed.Registry.PushAsync("team/source", "v1", image);
        var (digest, bytes) = image.Blobs.Single(blob => blob.Key != image.Id);
        using var client = new RegistryClient(RegistryConfig.Default, _ => transport, TimeProvider.System, NullLogger<RegistryClient>.Instance);
        var parts = 0;
        transport.Break = request => request.Method == HttpMethod.Patch && ++parts == 3;
        var target = new PushTarget(await client.ReachAsync(bed.Registry.Address, Poll.Soon), "team/cut", null);
        var upload = new BlobUpload(client, target, new OciDescriptor { Digest = digest, Size = bytes.Length }, (offset, count, _) => Pieces(bytes, offset, count), 1 << 20);

        await Assert.ThrowsAsync<RegistryUnreachableException>(() => upload.SendAsync(_ => { }, Poll.Soon));
        var sent = new ConcurrentQueue<long>();
        await upload.SendAsync(sent.Enqueue, Poll.Soon);

        Assert.InRange(sent.Min(), (2 << 20) + 1, 3 << 20);
        Assert.Equal(bytes.Length, sent.Max());
        Assert.True(await client.HasAsync(target, $"blobs/{digest}", Poll.Soon));
    }

    /// <summary>No other test has brought a layer of it to the registry.</summary>
    private static TestImage Own(string marker) => TestImage.Make(marker, layers: [TestImage.Layer(("one", TestImage.Text(marker))), TestImage.Layer(("two", TestImage.Text(marker)))]);

    private async Task<string> TagAsync(ImageStore store, string of, string path)
    {
        await store.TagAsync(of, $"{bed.Registry.Address}/{path}", Poll.Soon);
        return $"{bed.Registry.Address}/{path}";
    }

    internal static Task LoadAsync(ImageStore store, TestImage image, string name) => store.LoadAsync(new MemoryStream(image.Save(name)), null, Poll.Soon);

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces(byte[] bytes, long offset, long count)
    {
        await Task.Yield();
        yield return bytes.AsMemory((int)offset, (int)count);
    }

    internal sealed class Said : IProgress<ImageProgress>
    {
        public ConcurrentQueue<string> Words { get; } = new();

        public ConcurrentQueue<PushNote> Notes { get; } = new();

        public long SizeTold => long.Parse(Words.Last().Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);

        public void Report(ImageProgress value)
        {
            if (value.Note is { } note) Notes.Enqueue(note);
            else Words.Enqueue(value.Id.Length > 0 ? $"{value.Id} {value.Status}" : value.Status);
        }
    }
}
