using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers.Volumes;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class DockersVolumesPathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-docker-").FullName;

    private string Docker => Path.Combine(_folder, "docker");

    private string Link => Path.Combine(Docker, "volumes");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_a_Docker_its_path_is_a_view_of_our_volumes_until_an_orderly_stop()
    {
        using (Show())
        {
            Directory.CreateDirectory(Path.Combine(_folder, "ours", "volumes", "web", "_data"));
            Assert.True(Directory.Exists(Path.Combine(Link, "web", "_data")));
        }
        Assert.False(Path.Exists(Docker));
        Assert.True(Directory.Exists(Path.Combine(_folder, "ours", "volumes", "web", "_data")));
    }

    [Fact]
    public void What_a_killed_daemon_left_is_taken_over()
    {
        Directory.CreateDirectory(Docker);
        File.CreateSymbolicLink(Link, Path.Combine(_folder, "ours", "volumes"));
        using (Show()) Assert.True(Directory.Exists(Link));
        Assert.False(Path.Exists(Docker));
    }

    [Fact]
    public void A_Dockers_folder_is_left_alone()
    {
        Directory.CreateDirectory(Path.Combine(Docker, "volumes", "theirs", "_data"));
        using (Show()) Assert.Null(new FileInfo(Link).LinkTarget);
        Assert.True(Directory.Exists(Path.Combine(Link, "theirs")));
    }

    [Fact]
    public void One_without_volumes_yet_gets_none_of_ours()
    {
        Directory.CreateDirectory(Path.Combine(Docker, "image"));
        using (Show()) Assert.False(Path.Exists(Link));
        Assert.True(Directory.Exists(Docker));
    }

    [Fact]
    public async Task A_Docker_that_comes_later_does_not_find_our_volumes()
    {
        using var shown = Show();
        Assert.NotNull(new FileInfo(Link).LinkTarget);
        Directory.CreateDirectory(Path.Combine(Docker, "containers"));
        await Poll.UntilAsync("the view is gone", () => new FileInfo(Link).LinkTarget is null);
    }

    private DockersVolumesPath Show()
    {
        var view = new DockersVolumesPath(Docker, new(Path.Combine(_folder, "ours")), NullLogger.Instance);
        view.Show();
        return view;
    }
}
