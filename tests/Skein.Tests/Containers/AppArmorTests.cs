using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers.Confinement;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

/// <summary>On a made-up kernel, with a parser that notes what it is given.</summary>
public sealed class AppArmorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("skein-aa-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Without_AppArmor_there_is_no_profile()
    {
        using var armor = New();
        Assert.Null(await armor.EnsureAsync(Poll.Soon));
        Write("sys/module/apparmor/parameters/enabled", "N\n");
        Assert.Null(await armor.EnsureAsync(Poll.Soon));
        Assert.False(armor.IsUsable);
    }

    [Fact]
    public async Task Nor_without_the_program_that_loads_it()
    {
        Enable();
        using var armor = New();
        Assert.Null(await armor.EnsureAsync(Poll.Soon));
        Assert.False(armor.IsUsable);
    }

    [Fact]
    public async Task The_profile_is_loaded_once_and_again_when_it_is_gone()
    {
        Enable();
        Parser($"echo \"$@\" > {_root}/called; cat > {_root}/given; echo 'docker-default (enforce)' > {_root}/sys/kernel/security/apparmor/profiles");
        using var armor = New();
        Assert.True(armor.IsUsable);
        Assert.Equal("docker-default", await armor.EnsureAsync(Poll.Soon));
        Assert.Equal("-K -r\n", File.ReadAllText(_root + "/called"));
        Assert.Equal(AppArmorProfile.Text(abi: false, tunables: false, daemon: ""), File.ReadAllText(_root + "/given"));

        File.Delete(_root + "/called");
        Assert.Equal("docker-default", await armor.EnsureAsync(Poll.Soon));
        Assert.False(File.Exists(_root + "/called"), "it was loaded although it was there");

        Write("sys/kernel/security/apparmor/profiles", "docker-default-of-others (enforce)\n");
        await armor.EnsureAsync(Poll.Soon);
        Assert.True(File.Exists(_root + "/called"), "it was not loaded again");
    }

    [Fact]
    public async Task A_profile_that_cannot_be_loaded_is_no_container()
    {
        Enable();
        Parser("cat >/dev/null; echo bad syntax >&2; exit 1");
        using var armor = New();
        var error = await Assert.ThrowsAsync<SkeinException>(() => armor.EnsureAsync(Poll.Soon));
        Assert.Equal(
            "AppArmor enabled on system but the docker-default profile could not be loaded: apparmor_parser exited with 1: bad syntax", error.Message);
    }

    [Fact]
    public void The_profile_knows_who_may_signal()
    {
        var text = AppArmorProfile.Text(abi: true, tunables: true, daemon: "skein");
        Assert.StartsWith("abi <abi/3.0>,\n#include <tunables/global>\nprofile docker-default flags=", text, StringComparison.Ordinal);
        foreach (var peer in new[] { "unconfined", "runc", "crun", "\"skein\"" }) Assert.Contains($"  signal (receive) peer={peer},\n", text, StringComparison.Ordinal);
        Assert.Contains("  deny mount,\n", text, StringComparison.Ordinal);
        Assert.Contains("  deny @{PROC}/sysrq-trigger rwklx,\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"unconfined\"", AppArmorProfile.Text(abi: false, tunables: false, daemon: "unconfined"), StringComparison.Ordinal);
    }

    private AppArmor New() => new(_root, TimeProvider.System, NullLogger.Instance);

    private void Enable()
    {
        Write("sys/module/apparmor/parameters/enabled", "Y\n");
        Write("sys/kernel/security/apparmor/profiles", "");
    }

    private void Parser(string script)
    {
        Write("sbin/apparmor_parser", "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(_root + "/sbin/apparmor_parser", UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), text);
    }
}
