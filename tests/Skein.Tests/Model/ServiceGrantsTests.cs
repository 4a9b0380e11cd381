using Skein.Model;
using Skein.Model.Specs;
using Xunit;

namespace Skein.Tests.Model;

public sealed class ServiceGrantsTests
{
    [Theory]
    [InlineData("skein.privileged", "yes", "label skein.privileged=yes: must be true or false")]
    [InlineData("skein.devices", "fuse", "label skein.devices: bad format for path: fuse, it must be a device below /dev as --device takes it")]
    [InlineData("skein.devices", "/etc/passwd", "bad format for path: /etc/passwd")]
    [InlineData("skein.devices", "/dev/../etc/passwd", "bad format for path: /dev/../etc/passwd")]
    [InlineData("skein.devices", "/dev/fuse:/dev/fuse:x", "bad format for path: /dev/fuse:/dev/fuse:x")]
    [InlineData("skein.devices", "/dev/a:/b/../c", "bad format for path")]
    [InlineData("skein.gpus", "a/b/c=d", "label skein.gpus: \"a/b/c=d\" is no device's name, such as nvidia.com/gpu=all")]
    [InlineData("skein.gpus", "v.com/gpu=", "is no device's name")]
    public void What_makes_no_sense_is_refused(string label, string value, string words) =>
        Assert.Contains(words, Assert.Throws<SkeinException>(() => ServiceGrants.Parse(new Dictionary<string, string> { [label] = value })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("/dev/fuse", "/dev/fuse /dev/fuse rwm")]
    [InlineData("/dev/sdc:r", "/dev/sdc /dev/sdc r")]
    [InlineData("/dev/sdc:/dev/xvdc", "/dev/sdc /dev/xvdc rwm")]
    [InlineData("/dev/sdc:/dev/xvdc:rw", "/dev/sdc /dev/xvdc rw")]
    public void A_device_is_written_as_for_docker_run(string text, string parts)
    {
        var device = Assert.Single(ServiceGrants.Parse(new Dictionary<string, string> { [ServiceGrants.DevicesLabel] = text }).Devices);
        Assert.Equal(parts, $"{device.HostPath} {device.ContainerPath} {device.Access}");
    }

    [Fact]
    public void Labels_of_the_containers_win()
    {
        var labels = ServiceGrants.LabelsOf(
            new Dictionary<string, string> { ["skein.privileged"] = "true", ["skein.gpus"] = "0,amd.com/gpu=all", ["other"] = "x" }, new Dictionary<string, string> { ["skein.privileged"] = "false" });
        var grants = ServiceGrants.Parse(labels);
        Assert.Equal("gpus: nvidia.com/gpu=0 amd.com/gpu=all", $"{string.Join(' ', grants.Needs())}: {string.Join(' ', grants.Gpus)}");
    }

    [Fact]
    public void There_is_a_bound() => Assert.Contains("at most 64 devices", Assert.Throws<SkeinException>(
        () => ServiceGrants.Parse(new Dictionary<string, string> { [ServiceGrants.DevicesLabel] = string.Join(',', Enumerable.Repeat("/dev/x", 65)) })).Message, StringComparison.Ordinal);
}
