using Skein.Agent.Containerd;
using Skein.Agent.Containerd.SnapshotsApi;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

/// <summary>Several hands at one container: none undoes what another did meanwhile.</summary>
public sealed class DefinitionTests
{
    /// <summary>Found by clients at random: the old name came back with an update, and another container had it by then.</summary>
    [Fact]
    public async Task A_new_name_outlives_what_was_begun_under_the_old_one()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("old", "true");
        definition.Standalone = new StandaloneSpec();
        var id = (await host.Engine.CreateAsync(definition, default)).Id;
        var stale = host.Engine.Find(id).Definition.Clone();
        stale.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = "net" });

        await host.Engine.RenameAsync(id, "new", default);
        await host.Engine.RedefineAsync(stale, default);
        var changed = await host.Engine.UpdateAsync(id, current => new(current) { Hostname = "h" }, default);

        Assert.Equal(("new", "h", "net"), (changed.Name, changed.Hostname, Assert.Single(changed.Standalone.Endpoints).Network));
        await host.Engine.CreateAsync(EngineHost.Define("old", "true"), default);
        Assert.Equal(["new", "old"], host.Engine.List().Select(container => container.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>A rename that waited for a removal gave the record back to the disk, and the old name, another's by then, to anybody.</summary>
    [Fact]
    public async Task What_waits_for_a_removal_finds_nothing()
    {
        await using var host = await EngineHost.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            var id = (await host.Engine.CreateAsync(EngineHost.Define("old", "true"), default)).Id;
            var removal = host.Engine.RemoveAsync(id, force: false, volumesToo: false, default);
            var renames = Enumerable.Range(0, 8).Select(n => Record.ExceptionAsync(() => host.Engine.RenameAsync(id, $"new{n}", default)).AsTask()).ToList();
            await removal;
            await Task.WhenAll(renames);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(host.Options.DataRoot, "containers")));
        }
    }

    /// <summary>A daemon that is killed in the midst of a removal leaves such a one: it is counted, and removed, as the others are.</summary>
    [Fact]
    public async Task One_whose_layer_is_gone_has_written_nothing()
    {
        await using var host = await EngineHost.StartAsync();
        var id = (await host.Engine.CreateAsync(EngineHost.Define("box", "true"), default)).Id;
        await host.Containerd.Client.Snapshots.RemoveAsync(new RemoveSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = id }, cancellationToken: default);

        Assert.Equal(0, await host.Engine.WrittenAsync(id, default));
        await host.Engine.RemoveAsync(id, force: false, volumesToo: false, default);
        Assert.Empty(host.Engine.List());
    }
}
