using System.Text;
using Skein.Agent.Images.Content;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public sealed class ImageArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-archive-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(100, "unexpected EOF")]
    [InlineData(2000, "archive/tar: invalid tar header")]
    public async Task What_is_no_archive_is_said_so_in_Dockers_words(int length, string message)
    {
        using var text = new MemoryStream(Encoding.ASCII.GetBytes(new string('x', length)));
        var error = await Assert.ThrowsAsync<SkeinException>(() => ImageArchive.SpoolAsync(text, _folder, Poll.Soon));
        Assert.Equal(message, error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }
}
