using Skein.Agent.Containers.Mounts;
using Skein.Agent.Containers.Oci;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class MountResolverTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("skein-mounts-").FullName;

    private string Staged(string container, int index) => Path.Combine(folder, "staged", container, $"{index}");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("bind", "/no/such", "/x", "invalid mount config for type \"bind\": bind source path does not exist: /no/such")]
    [InlineData("bind", "relative", "/x", "invalid mount config for type \"bind\": invalid mount path: 'relative' mount path must be absolute")]
    [InlineData("tmpfs", "", "x", "invalid mount config for type \"tmpfs\": invalid mount path: 'x' mount path must be absolute")]
    [InlineData("npipe", "", "/x", "mount type unknown: \"npipe\"")]
    public void MistakesGetDockersWords(string type, string source, string target, string message) =>
        Assert.Equal(message, Assert.Throws<SkeinException>(() => Resolve(new Mount { Type = type, Source = source, Target = target })).Message);

    [Fact]
    public void PartsOfVolumesAndImagesComeFromAPlaceOfTheirOwn()
    {
        var resolved = Resolve(new Mount { Type = "volume", Source = "vol", Target = "/v", Subpath = "a/b" }, new Mount { Type = "image", Source = "busybox", Target = "/i", ReadOnly = true });
        Assert.Equal([(Staged("id", 0), "rbind rw rprivate"), (Staged("id", 1), "rbind ro rprivate")], resolved.Select(mount => (mount.Source, string.Join(' ', mount.Options))));
    }

    [Fact]
    public void TmpfsHasItsSizeAndMode()
    {
        var mount = Assert.Single(Resolve(new Mount { Type = "tmpfs", Target = "/t/", TmpfsSizeBytes = 4096, TmpfsMode = 0b111_000_000 }));
        Assert.Equal(("/t", "noexec nosuid nodev rw size=4096 mode=700"), (mount.Destination, string.Join(' ', mount.Options)));
    }

    [Fact]
    public void TmpfsMayBeExecutedFromWhenAskedTo() => Assert.Equal(
        "exec nosuid nodev rw",
        string.Join(' ', Assert.Single(Resolve(new Mount { Type = "tmpfs", Target = "/t", TmpfsOptions = { "noexec", "exec" } })).Options));

    [Theory]
    [InlineData(false, false, false, "6.1", "rbind ro rro rprivate")]
    [InlineData(false, false, false, "5.10", "rbind ro rprivate")]
    [InlineData(true, false, false, "6.1", "bind ro rro rprivate")]
    [InlineData(false, true, false, "6.1", "rbind ro rprivate")]
    [InlineData(false, false, true, "6.1", "rbind ro rro rprivate")]
    public void ABindTakesWhatIsBelowAlongAsAskedTo(bool alone, bool writableBelow, bool forced, string kernel, string options) => Assert.Equal(
        options,
        string.Join(' ', Assert.Single(new MountResolver(new(folder), Version.Parse(kernel), Staged).Resolve("id", [Below(alone, writableBelow, forced)])).Options));

    [Fact]
    public void WhatAKernelCannotForbidIsSaid() => Assert.Equal(
        "recursively read-only mounts need Linux 5.12 or later: this is 5.10",
        Assert.Throws<SkeinException>(() => new MountResolver(new(folder), new(5, 10), Staged).Resolve("id", [Below(false, false, forced: true)])).Message);

    private Mount Below(bool alone, bool writableBelow, bool forced) => new()
    {
        Type = "bind",
        Source = folder,
        Target = "/t",
        ReadOnly = true,
        BindNonRecursive = alone,
        BindReadOnlyNonRecursive = writableBelow,
        BindReadOnlyForceRecursive = forced,
    };

    private IReadOnlyList<OciMount> Resolve(params Mount[] mounts) => new MountResolver(new(folder), new(6, 1), Staged).Resolve("id", mounts);
}
