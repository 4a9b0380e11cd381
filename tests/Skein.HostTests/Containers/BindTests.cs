using Skein.Linux.Mounts;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

/// <summary>A folder of the host with another file system below it, bound into a container.</summary>
public sealed class BindTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-bind-").FullName;

    public BindTests()
    {
        MountPoint.Mount("tmpfs", _folder, "tmpfs", 0);
        Commands.Run("mount", "--make-rprivate", _folder);
        Directory.CreateDirectory(_folder + "/below");
        MountPoint.Mount("tmpfs", _folder + "/below", "tmpfs", 0);
        File.WriteAllText(_folder + "/below/there", "");
    }

    public void Dispose()
    {
        MountPoint.UnmountUnder(_folder);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ReadOnlyMeansWhatIsMountedBelowTooUnlessItIsAskedForAlone()
    {
        await using var host = await EngineHost.StartAsync();
        Assert.Equal(0, await RunAsync(host, "plain", "test -e /m/below/there && ! touch /m/x && ! touch /m/below/x", new Mount { ReadOnly = true }));
        Assert.Equal(0, await RunAsync(host, "alone", "! touch /m/x && touch /m/below/x", new Mount { ReadOnly = true, BindReadOnlyNonRecursive = true }));
        Assert.Equal(0, await RunAsync(host, "forced", "! touch /m/below/y", new Mount { ReadOnly = true, BindReadOnlyForceRecursive = true }));
        Assert.Equal(0, await RunAsync(host, "above", "test ! -e /m/below/there", new Mount { BindNonRecursive = true }));
    }

    [Fact]
    public async Task WhatAContainerMountsBelowASharedMountIsTheHosts()
    {
        await using var host = await EngineHost.StartAsync();
        var refusal = await Assert.ThrowsAsync<SkeinException>(() => RunAsync(host, "private", "true", new Mount { BindPropagation = "rshared" }));
        Assert.Equal($"path {_folder} is mounted on {_folder} but it is not a shared mount", refusal.Message);

        Commands.Run("mount", "--make-rshared", _folder);
        Assert.Equal(0, await RunAsync(host, "shared", "mkdir /m/new && mount -t tmpfs tmpfs /m/new && touch /m/new/seen", new Mount { BindPropagation = "rshared" }));
        Assert.True(File.Exists(_folder + "/new/seen"));
    }

    private async Task<int> RunAsync(EngineHost host, string name, string command, Mount mount)
    {
        (mount.Type, mount.Source, mount.Target) = ("bind", _folder, "/m");
        var definition = EngineHost.Define(name, "sh", "-c", command);
        definition.Spec.Mounts.Add(mount);
        definition.Spec.CapabilityAdd.Add("CAP_SYS_ADMIN");
        return await host.WaitAsync(await host.RunAsync(definition));
    }
}
