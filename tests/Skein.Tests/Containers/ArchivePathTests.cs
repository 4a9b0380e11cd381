using Skein.Agent.Containers.Archive;
using Skein.Linux.Files;
using Xunit;

namespace Skein.Tests.Containers;

public class ArchivePathTests
{
    /// <summary>What a client asks for, and what the archive's entries begin with: Docker's rules.</summary>
    [Theory]
    [InlineData("/etc/hosts", "/etc/hosts", "hosts")]
    [InlineData("etc", "/etc", "etc")]
    [InlineData("/etc/", "/etc/.", "etc")]
    [InlineData("/etc/.", "/etc/.", ".")]
    [InlineData("/a/../etc//x", "/etc/x", "x")]
    [InlineData("../../etc", "/etc", "etc")]
    [InlineData("/", "/", "/")]
    [InlineData("/.", "/", ".")]
    [InlineData(".", "/", ".")]
    public void A_path_is_whole_and_stays_inside(string given, string whole, string name) => Assert.Equal((whole, name), (ArchivePath.Of(given).Whole.ToString(), ArchivePath.Of(given).ShownName));

    [Fact]
    public void A_name_need_be_no_text()
    {
        byte[] given = [(byte)'d', (byte)'/', 0xff, 0xfe];
        Assert.Equal([0xff, 0xfe], ArchivePath.Of(KernelPath.Of(given)).Name);
        Assert.Equal([(byte)'/', .. given], ArchivePath.Of(KernelPath.Of(given)).Whole.Text.ToArray());
    }
}
