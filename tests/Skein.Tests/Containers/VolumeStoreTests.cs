using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers.Volumes;
using Skein.Linux.Pipes;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class VolumeStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-volumes-").FullName;
    private readonly VolumeFolders _folders;

    public VolumeStoreTests() => _folders = new(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_volume_is_there_after_a_restart_with_what_it_was_made_of()
    {
        var store = Open();
        await store.CreateAsync("data", new Dictionary<string, string> { ["type"] = "tmpfs", ["device"] = "tmpfs" }, new Dictionary<string, string> { ["tier"] = "db" }, default);
        var unnamed = await store.CreateAsync("", null, null, default);
        Assert.Equal(store.List().OrderBy(v => v.Name).Select(Told), Open().List().OrderBy(v => v.Name).Select(Told));
        Assert.True(Open().Find(unnamed.Name).IsAnonymous);
        Assert.Equal(64, unnamed.Name.Length);
    }

    [Fact]
    public async Task What_a_crash_left_half_way_is_no_volume_and_goes_with_the_next_start()
    {
        await Open().CreateAsync("whole", null, null, default);
        Directory.CreateDirectory(Path.Combine(_folders.Root, ".7", "_data", "deep"));
        Directory.CreateDirectory(Path.Combine(_folders.Root, ".8"));
        var store = Open();
        Assert.Equal(["whole"], store.List().Select(v => v.Name));
        Assert.Equal([_folders.FolderOf("whole")], Directory.GetDirectories(_folders.Root));
        Assert.Equal("get .7: no such volume", (await Refusal(() => store.RemoveAsync(".7", default))).Message);
    }

    [Fact]
    public void Data_whose_description_a_power_cut_has_emptied_is_a_volume_still()
    {
        var generated = new string('a', 64);
        foreach (var name in (string[])["named", generated]) Directory.CreateDirectory(_folders.DataOf(name));
        File.WriteAllText(Path.Combine(_folders.FolderOf(generated), "volume.json"), "");
        var store = Open();
        Assert.False(store.Find("named").IsAnonymous);
        Assert.True(store.Find(generated).IsAnonymous);
    }

    /// <summary>By a container that has the folder of all volumes. A pipe would hold its reader for ever.</summary>
    [Fact]
    public void What_was_put_in_the_place_of_a_description_does_not_hold_up_the_start()
    {
        foreach (var name in (string[])["piped", "nested", "led"]) Directory.CreateDirectory(_folders.DataOf(name));
        Fifo.Create(Path.Combine(_folders.FolderOf("piped"), "volume.json"));
        Directory.CreateDirectory(Path.Combine(_folders.FolderOf("nested"), "volume.json"));
        File.CreateSymbolicLink(Path.Combine(_folders.FolderOf("led"), "volume.json"), "/dev/zero");
        Assert.Equal(["led", "nested", "piped"], Open().List().Select(v => v.Name).Order());
    }

    [Fact]
    public async Task A_container_keeps_its_volumes_and_those_without_a_name_go_with_it()
    {
        var store = Open();
        Mount[] mounts = [new() { Type = "volume", Source = "named", Target = "/n", VolumeLabels = { ["k"] = "v" } }, new() { Type = "volume", Target = "/a" }];
        await store.TakeAsync("c1", mounts, default);
        await store.TakeAsync("c2", [mounts[0]], default);
        var unnamed = VolumeFolders.NameOf("c1", mounts[1]);
        Assert.Equal("v", store.Find("named").Labels!["k"]);
        var refusal = await Refusal(() => store.RemoveAsync("named", default));
        Assert.Equal((ErrorKind.Conflict, "remove named: volume is in use - [c1, c2]"), (refusal.Kind, refusal.Message));

        await store.ReleaseAsync("c1", mounts, withUnnamed: true);
        Assert.Equal("remove named: volume is in use - [c2]", (await Refusal(() => store.RemoveAsync("named", default))).Message);
        Assert.Equal($"get {unnamed}: no such volume", Assert.Throws<SkeinException>(() => store.Find(unnamed)).Message);
        await store.ReleaseAsync("c2", [mounts[0]], withUnnamed: true);
        await store.RemoveAsync("named", default);
        Assert.Empty(store.List());
        Assert.Empty(Directory.GetFileSystemEntries(_folders.Root));
    }

    [Fact]
    public async Task A_volume_without_a_name_stays_when_it_is_to_or_another_has_it_by_its_name()
    {
        var store = Open();
        Mount[] mounts = [new() { Type = "volume", Target = "/a" }];
        await store.TakeAsync("c1", mounts, default);
        await store.TakeAsync("c2", mounts, default);
        await store.ReleaseAsync("c1", mounts, withUnnamed: false);
        var second = VolumeFolders.NameOf("c2", mounts[0]);
        await store.TakeAsync("c3", [new() { Type = "volume", Source = second, Target = "/b" }], default);
        await store.ReleaseAsync("c2", mounts, withUnnamed: true);
        Assert.Equal(new[] { VolumeFolders.NameOf("c1", mounts[0]), second }.Order(StringComparer.Ordinal), store.List().Select(v => v.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Containers_that_outlived_the_daemon_have_their_volumes()
    {
        Mount[] mounts = [new() { Type = "volume", Source = "named", Target = "/n" }];
        await Open().TakeAsync("c1", mounts, default);
        var store = Open();
        Assert.Empty(store.Find("named").Users);
        store.Note("c1", mounts);
        Assert.Equal(["c1"], store.Find("named").Users);
    }

    [Fact]
    public async Task The_same_volume_is_made_once_and_not_as_another()
    {
        var store = Open();
        var first = await store.CreateAsync("data", null, null, default);
        Assert.Equal(first.Created, (await store.CreateAsync("data", new Dictionary<string, string>(), new Dictionary<string, string>(), default)).Created);
        Assert.Equal(
            "create data: a volume of this name exists with other options",
            (await Refusal(() => store.CreateAsync("data", new Dictionary<string, string> { ["type"] = "tmpfs", ["device"] = "tmpfs" }, null, default))).Message);
        Assert.Equal(
            "create data: a volume of this name exists with other labels",
            (await Refusal(() => store.CreateAsync("data", null, new Dictionary<string, string> { ["a"] = "b" }, default))).Message);
    }

    [Theory]
    [InlineData("q", "create q: volume name is too short, names should be at least two alphanumeric characters")]
    [InlineData("../etc", "create ../etc: \"../etc\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path")]
    public async Task A_volumes_name_is_Dockers(string name, string message)
    {
        Assert.Equal(message, (await Refusal(() => Open().TakeAsync("c1", [new() { Type = "volume", Source = name, Target = "/x" }], default))).Message);
        Assert.Equal(message, (await Refusal(() => Open().CreateAsync(name, null, null, default))).Message);
    }

    [Fact]
    public async Task Its_size_is_that_of_its_files_each_counted_once()
    {
        var store = Open();
        await store.CreateAsync("data", null, null, default);
        var data = _folders.DataOf("data");
        Directory.CreateDirectory(Path.Combine(data, "deep"));
        File.WriteAllBytes(Path.Combine(data, "deep", "file"), new byte[1000]);
        File.CreateSymbolicLink(Path.Combine(data, "link"), "/etc");
        Assert.Equal(1000 + "/etc".Length, await store.SizeAsync("data", default));
    }

    [Fact]
    public async Task Whoever_listens_is_told_what_comes_and_goes()
    {
        using var stop = new CancellationTokenSource();
        var store = Open();
        var events = store.Subscribe(stop.Token);
        await store.CreateAsync("data", null, null, default);
        await store.RemoveAsync("data", default);
        await stop.CancelAsync();
        var told = new List<string>();
        await foreach (var happened in events.ReadAllAsync(default)) told.Add($"{happened.Action} {happened.Name}");
        Assert.Equal(["create data", "destroy data"], told);
    }

    private static string Told(VolumeRecord volume) =>
        $"{volume.Name} {volume.Created:O} {string.Join(',', volume.Options ?? new Dictionary<string, string>())} {string.Join(',', volume.Labels ?? new Dictionary<string, string>())}";

    private static async Task<SkeinException> Refusal(Func<Task> call) => await Assert.ThrowsAsync<SkeinException>(call);

    private VolumeStore Open()
    {
        var store = new VolumeStore(_folders, TimeProvider.System, new CryptoIdSource(), NullLogger.Instance);
        store.Open();
        return store;
    }
}
