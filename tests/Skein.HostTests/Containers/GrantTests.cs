using Skein.Agent.Containers;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

/// <summary>What a node gives to services beyond Docker, where it is allowed to, as the kernel shows it inside.</summary>
public sealed class GrantTests
{
    [Theory]
    [InlineData("skein.privileged", "true", "privileged")]
    [InlineData("skein.devices", "/dev/null", "devices")]
    [InlineData("skein.gpus", "all", "gpus")]
    public async Task WhatIsNotAllowedMakesNoContainer(string label, string value, string word)
    {
        await using var host = await EngineHost.StartAsync(options => options with { AllowServices = [.. new[] { "privileged", "devices", "gpus" }.Where(other => other != word)] });
        var refusal = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(Define("box", label, value, "true")));
        Assert.Equal($"skein.{word} is not allowed on this node: \"allow-services\" of its daemon.json does not name \"{word}\"", refusal.Message);
        Assert.Empty(host.Engine.List());
        Assert.Empty((await host.Containerd.Client.Containers.ListAsync(new())).Containers);
    }

    [Fact]
    public async Task ADeviceIsThereAndOthersAreNot()
    {
        await using var host = await EngineHost.StartAsync(options => options with { AllowServices = ["devices"] });
        // 10:229 is fuse's; a node of a device that was not given can be made, and not opened.
        var output = await host.OutputOfAsync(Define(
            "box", "skein.devices", "/dev/fuse:/dev/own/fuse:rw", "ls -l /dev/own/fuse; (exec 3<>/dev/own/fuse) && echo opened; busybox mknod /dev/loop c 10 237; (exec 3</dev/loop) 2>&1; grep -c 'Seccomp:.2' /proc/self/status"));
        Assert.Matches(@"^cr.* 10, +229 .*/dev/own/fuse\nopened\nsh: can't open /dev/loop: Operation not permitted\n1\n$", output.Output);
        var missing = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(Define("missing", "skein.devices", "/dev/not/there", "true")));
        Assert.Equal("error gathering device information while adding custom device \"/dev/not/there\": no such file or directory", missing.Message);
    }

    [Fact]
    public async Task PrivilegedIsWhatDockerRunMakesOfIt()
    {
        await using var host = await EngineHost.StartAsync(options => options with { AllowServices = ["privileged"] });
        var output = await host.OutputOfAsync(Define(
            "box", "skein.privileged", "true",
            "grep -E '^(CapEff|Seccomp):' /proc/self/status; ls /dev/kmsg; mkdir /m && mount -t tmpfs tmpfs /m && echo mounted; grep -c ' /sys sysfs rw' /proc/mounts; head -c 0 /dev/kmsg && echo open; test -w /proc/sys/kernel/hostname && echo writable"));
        var own = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        Assert.Equal($"{own}\nSeccomp:\t0\n/dev/kmsg\nmounted\n1\nopen\nwritable\n", output.Output);
    }

    [Fact]
    public async Task AVendorsDeviceComesWithItsEdits()
    {
        var folder = Directory.CreateTempSubdirectory("skein-cdi-").FullName;
        try
        {
            File.WriteAllText(folder + "/library", "of the vendor\n");
            File.WriteAllText(folder + "/v.json", $$$"""
                {"cdiVersion":"0.6.0","kind":"nvidia.com/gpu","containerEdits":{"mounts":[{"hostPath":"{{{folder}}}/library","containerPath":"/lib/vendor"}],
                  "hooks":[{"hookName":"createContainer","path":"/bin/sh","args":["sh","-c","cat > {{{folder}}}/state"]}]},
                 "devices":[{"name":"all","containerEdits":{"env":["GPU=all"],"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/dev/null"}],"additionalGids":[44]}}]}
                """);
            await using var host = await EngineHost.StartAsync(options => options with { AllowServices = ["gpus"], CdiFolders = [folder] });
            var output = await host.OutputOfAsync(Define("box", "skein.gpus", "all", "echo $GPU; cat /lib/vendor; touch /lib/vendor 2>&1; echo x > /dev/gpu0 && echo sent; id -G"));
            Assert.Equal("all\nof the vendor\ntouch: /lib/vendor: Read-only file system\nsent\n0 44\n", output.Output);
            Assert.Contains(host.Engine.Find("box").Id, File.ReadAllText(folder + "/state"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ContainerDefinition Define(string name, string label, string value, string command) =>
        new(EngineHost.Define(name, "sh", "-c", command)) { Labels = { [label] = value } };
}
