using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

public class VolumeTests
{
    [Fact]
    public async Task WhatAnImageDeclaresIsAVolumeWithItsFilesAndGoesWithTheContainer()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("declaring", "sh", "-c", "cat seed && echo more >> seed && cd / && ls -ld /nothing/here | cut -c1 || true");
        definition = definition with { Spec = definition.Spec.Clone() };
        (definition.Spec.Image, definition.Spec.User, definition.Spec.Dir) = (BusyboxImages.Declaring, "bob", "/srv/link/data");

        var id = await host.RunAsync(definition);
        Assert.Equal(0, await host.WaitAsync(id));

        Assert.StartsWith("from the image\n", await host.LogsAsync(id));
        var folders = Directory.GetDirectories(host.Options.DataRoot + "/volumes");
        Assert.Equal(2, folders.Length);
        var seeded = folders.Single(folder => File.Exists(folder + "/_data/seed")) + "/_data";
        Assert.Equal("from the image\nmore\n", File.ReadAllText(seeded + "/seed"));
        Assert.Equal("700 1000:1001 directory", Status(seeded));
        Assert.Equal("600 1000:0 regular file", Status(seeded + "/seed"));
        Assert.Equal("4755 0:0 regular file", Status(seeded + "/tool"));
        Assert.Equal("666 0:0 fifo", Status(seeded + "/pipe"));
        Assert.Equal("/etc/shadow", new FileInfo(seeded + "/link").LinkTarget);
        Assert.Equal(Inode(seeded + "/seed"), Inode(seeded + "/again"));
        Assert.Empty(Directory.GetFileSystemEntries(host.Options.CopyFolder));

        await host.Engine.RemoveAsync(id, force: false, default);
        Assert.Empty(Directory.GetDirectories(host.Options.DataRoot + "/volumes"));
    }

    [Fact]
    public async Task AVolumeOfOnesOwnIsFilledOnceUnlessItMustNotBe()
    {
        await using var host = await EngineHost.StartAsync();
        var (named, bare) = (host.Options.DataRoot + "/volumes/named/_data", host.Options.DataRoot + "/volumes/bare/_data");
        var mounts = new[]
        {
            new Mount { Type = "volume", Source = "named", Target = "/srv/link/data" },
            new Mount { Type = "volume", Source = "bare", Target = "/etc", VolumeNoCopy = true },
        };

        await RunAsync("first");
        File.Delete(named + "/tool");
        await RunAsync("second");

        Assert.Equal(["again", "link", "pipe", "seed"], Directory.GetFileSystemEntries(named).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(bare + "/passwd", Directory.GetFileSystemEntries(bare));
        // The image declares /srv/link/data as well: the mount that covers it stands in for the volume.
        Assert.Equal(["bare", "named"], Directory.GetDirectories(host.Options.DataRoot + "/volumes").Select(Path.GetFileName).Where(name => name!.Length < 64).Order());
        Assert.Equal(2, Directory.GetDirectories(host.Options.DataRoot + "/volumes").Count(path => Path.GetFileName(path).Length == 64));

        async Task RunAsync(string name)
        {
            var definition = EngineHost.Define(name, "true");
            definition.Spec.Image = BusyboxImages.Declaring;
            definition.Spec.Mounts.Add(mounts.Select(mount => mount.Clone()));
            Assert.Equal(0, await host.WaitAsync(await host.RunAsync(definition)));
        }
    }

    private static string Status(string path) => Commands.Run("stat", "-c", "%a %u:%g %F", path).Trim();

    private static string Inode(string path) => Commands.Run("stat", "-c", "%i", path).Trim();
}
