using System.Text;
using Skein.Linux.Files;
using Xunit;

namespace Skein.Tests.Linux;

public class KernelPathTests
{
    [Theory]
    [InlineData("/d", "a/b", "/d/a/b")]
    [InlineData("/d", "/a//./b/", "/d/a/b")]
    [InlineData("/d", "a/../../../b", "/d/b")]
    [InlineData("/d", "..", "/d")]
    [InlineData("/d", "./", "/d")]
    [InlineData("/", "a/..", "/")]
    [InlineData("/", "../a", "/a")]
    [InlineData("/d", "...", "/d/...")]
    public void A_name_leads_nowhere_but_below(string folder, string name, string expected) => Assert.Equal(expected, KernelPath.Of(folder).Within(Encoding.UTF8.GetBytes(name)).ToString());

    [Theory]
    [InlineData("/a/b", "/a", "b")]
    [InlineData("/a", "/", "a")]
    [InlineData("/", "/", "")]
    public void A_path_has_a_parent_and_a_name(string path, string parent, string name) =>
        Assert.Equal((parent, name), (KernelPath.Of(path).Parent.ToString(), Encoding.UTF8.GetString(KernelPath.Of(path).Name)));

    [Fact]
    public void Bytes_that_are_no_letters_stay()
    {
        byte[] name = [0xff, (byte)'/', 0xc3, 0x28, (byte)'\n'];
        Assert.Equal([(byte)'/', .. name], KernelPath.Of("/").Within(name).Text.ToArray());
    }
}
