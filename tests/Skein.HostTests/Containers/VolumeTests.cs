using Skein.Agent.Containers;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

public class VolumeTests
{
    [Fact]
    public async Task AVolumeMayBeAFolderOfTheHostOrAFileSystemOfItsOwnAndComesAndGoesWithItsContainers()
    {
        await using var host = await EngineHost.StartAsync();
        var shared = Directory.CreateDirectory(Path.Combine(host.Containerd.Folder, "shared")).FullName;
        File.WriteAllText(shared + "/kept", "of the host");
        var (folder, memory) = (host.Options.DataRoot + "/volumes/folder", host.Options.DataRoot + "/volumes/memory");

        var first = await host.RunAsync(Define("first", shared));
        await host.WaitForLogAsync(first, "of the host");
        Assert.Contains("size=1024k", await host.LogsAsync(first));
        Assert.Equal([folder + "/_data", memory + "/_data"], ContainerdProcess.MountsBelow(host.Options.DataRoot + "/volumes").Order(StringComparer.Ordinal));

        // Who names the volume alone has what it is; other options wait until nobody has it.
        var second = EngineHost.Define("second", "cat", "/f/kept");
        second.Spec.Mounts.Add(new Mount { Type = "volume", Source = "folder", Target = "/f" });
        Assert.Equal((0, "of the host"), await host.OutputOfAsync(second));
        var error = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(Define("third", host.Containerd.Folder)));
        Assert.Equal("volume folder is in use here with other options", error.Message);

        await host.RestartEngineAsync();
        await host.Engine.RemoveAsync(first, force: true, volumesToo: true, default);
        Assert.Equal([folder + "/_data"], ContainerdProcess.MountsBelow(host.Options.DataRoot + "/volumes"));
        await host.Engine.RemoveAsync(second.Id.Length > 0 ? second.Id : "second", force: true, volumesToo: true, default);
        Assert.Empty(ContainerdProcess.MountsBelow(host.Options.DataRoot + "/volumes"));
        Assert.Equal("of the host", File.ReadAllText(shared + "/kept"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder + "/_data"));
    }

    [Fact]
    public async Task AnUnnamedVolumesDeviceIsNeverEmptied()
    {
        await using var host = await EngineHost.StartAsync();
        var shared = Directory.CreateDirectory(Path.Combine(host.Containerd.Folder, "shared")).FullName;
        File.WriteAllText(shared + "/kept", "of the host");
        var definition = EngineHost.Define("box", "cat", "/f/kept");
        definition.Spec.Mounts.Add(Volume("", "/f", ("type", "none"), ("o", "bind"), ("device", shared)));
        Assert.Equal((0, "of the host"), await host.OutputOfAsync(definition));
        await host.Engine.RemoveAsync("box", force: true, volumesToo: true, default);
        Assert.Equal("of the host", File.ReadAllText(shared + "/kept"));
        Assert.Empty(ContainerdProcess.MountsBelow(host.Options.DataRoot + "/volumes"));
        Assert.Empty(Directory.GetDirectories(host.Options.DataRoot + "/volumes"));
    }

    [Fact]
    public async Task ADeviceThatIsNotThereIsAnErrorThatNamesTheVolume()
    {
        await using var host = await EngineHost.StartAsync();
        var error = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(Define("box", "/nowhere")));
        Assert.Contains("failed to mount local volume folder: mount /nowhere on ", error.Message);
        Assert.Empty(ContainerdProcess.MountsBelow(host.Options.DataRoot + "/volumes"));
    }

    private static ContainerDefinition Define(string name, string device)
    {
        var definition = EngineHost.Define(name, "sh", "-c", "grep ' /m ' /proc/mounts; cat /f/kept; echo; exec sleep 1000");
        definition.Spec.Mounts.Add(Volume("folder", "/f", ("type", "none"), ("o", "bind"), ("device", device)));
        definition.Spec.Mounts.Add(Volume("memory", "/m", ("type", "tmpfs"), ("o", "size=1m"), ("device", "tmpfs")));
        return definition;
    }

    private static Mount Volume(string name, string target, params (string Key, string Value)[] options)
    {
        var mount = new Mount { Type = "volume", Source = name, Target = target };
        foreach (var (key, value) in options) mount.VolumeDriverOptions[key] = value;
        return mount;
    }

    [Fact]
    public async Task WhatAnImageDeclaresIsAVolumeWithItsFilesAndGoesWithTheContainer()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("declaring", "sh", "-c", "cat seed && echo more >> seed && cd / && ls -ld /nothing/here | cut -c1 || true");
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

        await host.Engine.RemoveAsync(id, force: false, volumesToo: true, default);
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
