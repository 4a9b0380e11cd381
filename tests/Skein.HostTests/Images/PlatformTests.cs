using Grpc.Core;
using Skein.Agent.Containerd.ContentApi;
using Skein.Agent.Containerd.SnapshotsApi;
using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Images;

/// <summary>Images for several platforms: one name, one index, and of its images those that somebody wanted.</summary>
public sealed class PlatformTests : IAsyncLifetime
{
    private static readonly ImagePlatform s_arm = new("linux", "arm64", "");
    private static readonly ImagePlatform s_amd = new("linux", "amd64", "");

    private readonly ImageBed _bed = new();
    private readonly TestImage _amd = Own("amd64");
    private readonly TestImage _arm = Own("arm64");
    private TestImage _index = null!;

    public async ValueTask InitializeAsync()
    {
        await _bed.InitializeAsync();
        _index = TestImage.Index(_amd, _arm);
        await _bed.Registry.PushAsync("team/many", "v1", _index);
        await _bed.Registry.PushAsync("team/many", "v2", _amd);
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    private string Name => $"{_bed.Registry.Address}/team/many:v1";

    [Fact]
    public async Task Each_is_pulled_when_it_is_wanted_and_all_go_with_the_name()
    {
        using var store = _bed.NewStore();
        Assert.Equal(_arm.Id, (await store.PullAsync(Name, s_arm, null, null, Poll.Soon)).Id);
        // The only one that is here is the name's.
        Assert.Equal((_arm.Id, "arm64"), (store.Find(Name).Id, store.Find(Name).Architecture));
        Assert.Equal(
            $"image with reference {Name} was found but its platform (linux/arm64) does not match the specified platform (linux/amd64)",
            Assert.Throws<SkeinException>(() => store.Find(Name, s_amd)).Message);

        Assert.Equal(_amd.Id, (await store.PullAsync(Name, null, null, Poll.Soon)).Id);
        await _bed.CollectGarbageAsync();
        Assert.Equal((_amd.Id, _arm.Id), (store.Find(Name).Id, store.Find(Name, s_arm).Id));
        Assert.Equal([_amd.Id], store.List().Select(image => image.Id));
        Assert.Equal([Name], store.Find(_arm.Id).Tags);

        // A new daemon finds both.
        using var later = _bed.NewStore();
        await later.OpenAsync(Poll.Soon);
        Assert.Equal((_amd.Id, _arm.Id), (later.Find(Name).Id, later.Find(Name, s_arm).Id));

        later.UsersOf = id => id == _arm.Id ? [new ImageUser(new string('c', 64), Running: false)] : [];
        await Assert.ThrowsAsync<SkeinException>(() => later.RemoveAsync(Name, false, Poll.Soon));
        later.UsersOf = _ => [];
        Assert.Equal([_amd.Id, _arm.Id], (await later.RemoveAsync(_arm.Id, false, Poll.Soon)).Select(gone => gone.Deleted).Where(id => id == _amd.Id || id == _arm.Id));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task With_all_of_it_here_it_keeps_its_digest_through_a_push_and_an_archive()
    {
        using var store = _bed.NewStore();
        await store.PullAsync(Name, s_arm, null, null, Poll.Soon);
        await store.PullAsync(Name, null, null, Poll.Soon);
        var elsewhere = $"{_bed.Registry.Address}/team/elsewhere:v1";
        await store.TagAsync(Name, elsewhere, Poll.Soon);
        var said = new PushTests.Said();
        await store.PushAsync(elsewhere, null, null, said, Poll.Soon);
        Assert.Equal(_index.Target.Digest, (await store.ResolveAsync(elsewhere, null, Poll.Soon)).Digest);
        Assert.Single(said.Notes);
        await store.PushAsync(elsewhere, s_arm, null, said, Poll.Soon);
        Assert.Equal(_arm.Target.Digest, (await store.ResolveAsync(elsewhere, null, Poll.Soon)).Digest);

        using var whole = new MemoryStream();
        using var arm = new MemoryStream();
        await store.SaveAsync([Name], null, whole, Poll.Soon);
        await store.SaveAsync([Name], s_arm, arm, Poll.Soon);
        await store.RemoveAsync(_amd.Id, force: true, Poll.Soon);
        await NothingIsLeftAsync();
        whole.Position = arm.Position = 0;

        Assert.Equal([Name], await store.LoadAsync(whole, null, Poll.Soon));
        Assert.Equal((_amd.Id, _arm.Id), (store.Find(Name).Id, store.Find(Name, s_arm).Id));
        Assert.Equal([$"{_bed.Registry.Address}/team/many@{_index.Target.Digest}"], store.Find(Name).Digests);
        await store.RemoveAsync(_amd.Id, force: true, Poll.Soon);
        await NothingIsLeftAsync();
        Assert.Equal([Name], await store.LoadAsync(arm, null, Poll.Soon));
        Assert.Equal(_arm.Id, store.Find(Name).Id);
        whole.Position = 0;
        await store.RemoveAsync(Name, force: true, Poll.Soon);
        // What containerd has not collected yet would be here with it.
        await NothingIsLeftAsync();
        await store.LoadAsync(whole, s_arm, Poll.Soon);
        Assert.Equal(_arm.Id, store.Find(Name).Id);
    }

    [Fact]
    public async Task All_tags_come_at_once()
    {
        using var store = _bed.NewStore();
        var said = new PushTests.Said();
        var pulled = await store.PullAllAsync($"{_bed.Registry.Address}/team/many", null, null, said, Poll.Soon);
        Assert.Equal([_amd.Id, _amd.Id], pulled.Select(image => image.Id));
        Assert.Equal([Name, Name.Replace(":v1", ":v2")], store.Find(_amd.Id).Tags);
        Assert.Equal($"Status: Downloaded newer image for {_bed.Registry.Address}/team/many", said.Words.Last());
        Assert.Equal(1, said.Words.Count(word => word.StartsWith("Status: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_layout_whose_names_stand_in_manifest_json_alone_has_them()
    {
        using var store = _bed.NewStore();
        var tar = TestImage.Layer(
        [
            .. _amd.Blobs.Select(blob => ("blobs/" + blob.Key.Replace(':', '/'), blob.Value)),
            ("blobs/" + _amd.Target.Digest.Replace(':', '/'), _amd.Target.Bytes),
            ("index.json", TestImage.Text($$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{_amd.Target.MediaType}}","digest":"{{_amd.Target.Digest}}","size":{{_amd.Target.Bytes.Length}}}]}""")),
            ("manifest.json", TestImage.Text($$"""[{"Config":"blobs/{{_amd.Id.Replace(':', '/')}}","RepoTags":["older:1"],"Layers":[{{string.Join(',', _amd.Blobs.Keys.Where(digest => digest != _amd.Id).Select(digest => $"\"blobs/{digest.Replace(':', '/')}\""))}}]}]""")),
        ]);
        Assert.Equal(["older:1"], await store.LoadAsync(new MemoryStream(tar), null, Poll.Soon));
        Assert.Equal([$"older@{_amd.Target.Digest}"], store.Find("older:1").Digests);
    }

    private async Task NothingIsLeftAsync()
    {
        await _bed.CollectGarbageAsync();
        using var content = _bed.Containerd.Client.Content.List(new ListContentRequest());
        await foreach (var batch in content.ResponseStream.ReadAllAsync()) Assert.Empty(batch.Info.Select(info => info.Digest));
        using var snapshots = _bed.Containerd.Client.Snapshots.List(new ListSnapshotsRequest { Snapshotter = Agent.Containerd.ContainerdClient.Snapshotter });
        await foreach (var batch in snapshots.ResponseStream.ReadAllAsync()) Assert.Empty(batch.Info.Select(info => info.Name));
    }

    private static TestImage Own(string architecture) =>
        TestImage.Make(architecture, docker: false, layers: [TestImage.Layer(("for", TestImage.Text(architecture)))], architecture: architecture);
}
