using System.Diagnostics;
using Skein.Linux.Files;
using Xunit;

namespace Skein.Tests.Linux;

/// <summary>A container's files, read by the host: what they lead to is the container's, whatever they say.</summary>
public sealed class UntrustedRootTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-root-").FullName;
    private readonly string _root;

    public UntrustedRootTests()
    {
        _root = Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName;
        File.WriteAllText(Path.Combine(_folder, "secret"), "the host's");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("/secret")]
    [InlineData("../secret")]
    [InlineData("../../../../../../../../etc/passwd")]
    [InlineData("/proc/self/root/etc/passwd")]
    public void A_link_that_leads_out_leads_nowhere(string target)
    {
        File.CreateSymbolicLink(_root + "/passwd", target.Replace("/secret", _folder + "/secret", StringComparison.Ordinal));
        using var root = UntrustedRoot.Open(_root);
        Assert.Null(root.ReadText("passwd", 100));
    }

    [Fact]
    public void Nor_does_a_folder_on_the_way()
    {
        File.CreateSymbolicLink(_root + "/etc", _folder);
        using var root = UntrustedRoot.Open(_root);
        Assert.Null(root.ReadText("etc/secret", 100));
    }

    [Fact]
    public void An_absolute_link_is_the_roots()
    {
        Directory.CreateDirectory(_root + "/usr/lib");
        File.WriteAllText(_root + "/usr/lib/passwd", "its own");
        File.CreateSymbolicLink(_root + "/passwd", "/usr/lib/passwd");
        using var root = UntrustedRoot.Open(_root);
        Assert.Equal("its own", root.ReadText("passwd", 100));
    }

    [Fact]
    public async Task A_pipe_is_not_waited_for()
    {
        Process.Start("mkfifo", [_root + "/passwd"]).WaitForExit();
        using var root = UntrustedRoot.Open(_root);
        Assert.True(root.Has("passwd"));
        Assert.Null(await Task.Run(() => root.ReadText("passwd", 100)).WaitAsync(Poll.Patience));
    }

    [Fact]
    public void What_is_too_large_is_not_read()
    {
        File.WriteAllText(_root + "/passwd", new string('x', 101));
        using var root = UntrustedRoot.Open(_root);
        Assert.Null(root.ReadText("passwd", 100));
        Assert.Equal(101, root.ReadText("passwd", 101)!.Length);
    }
}
