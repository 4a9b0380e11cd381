using Skein.Agent.Containers.Leftovers;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class ShimCommandTests
{
    [Theory]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace skein -id abc -address /run/containerd/containerd.sock")]
    [InlineData("/usr/local/bin/containerd-shim-runc-v2 -debug -namespace skein -id abc -address /run/containerd/containerd.sock")]
    public void AShimThatServesNamesItsContainerAndItsContainerd(string line) =>
        Assert.Equal(new ShimCommand("skein", "abc", "/run/containerd/containerd.sock"), ShimCommand.Parse(line.Replace(' ', '\0') + '\0'));

    [Theory]
    [InlineData("")]
    [InlineData("sleep 1000")]
    [InlineData("grep containerd-shim-runc-v2 -namespace skein -id abc -address /run/containerd/containerd.sock")]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace skein -address /s -publish-binary /usr/bin/containerd -id abc -bundle /b delete")]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace skein -address /s -publish-binary /usr/bin/containerd -id abc start")]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -namespace skein -id")]
    [InlineData("/usr/bin/containerd-shim-runc-v2 -v")]
    public void NothingElseIsTakenForOne(string line) => Assert.Null(ShimCommand.Parse(line.Replace(' ', '\0') + '\0'));
}
