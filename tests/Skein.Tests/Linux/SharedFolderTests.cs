using System.Diagnostics;
using Skein.Linux.Files;
using Xunit;

namespace Skein.Tests.Linux;

/// <summary>A volume that a container has in use while the host works in it.</summary>
public sealed class SharedFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-shared-").FullName;

    public void Dispose() => SharedFolder.Delete(_folder);

    private string Volume => Directory.CreateDirectory(Path.Combine(_folder, "volume")).FullName;

    private string Outside => Directory.CreateDirectory(Path.Combine(_folder, "outside")).FullName;

    [Fact]
    public void A_link_in_the_way_is_not_followed_by_what_is_moved_in()
    {
        var aside = Directory.CreateDirectory(Path.Combine(_folder, "aside")).FullName;
        Directory.CreateDirectory(aside + "/sub");
        File.WriteAllText(aside + "/sub/file", "image's");
        File.WriteAllText(aside + "/other", "image's");
        File.CreateSymbolicLink(Volume + "/sub", Outside);
        File.CreateSymbolicLink(Volume + "/other", Outside + "/other");

        using (var volume = SharedFolder.Open(Volume)) volume.MoveIn(aside);

        Assert.Empty(Directory.EnumerateFileSystemEntries(Outside));
        Assert.Equal(Outside, new FileInfo(Volume + "/sub").LinkTarget);
        Assert.True(File.Exists(aside + "/sub/file"), "what has no place stays");
    }

    [Fact]
    public void What_is_moved_in_keeps_all_and_gives_the_folder_its_mode()
    {
        var aside = Directory.CreateDirectory(Path.Combine(_folder, "aside"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        File.WriteAllText(aside + "/seed", "x");
        File.SetUnixFileMode(aside + "/seed", UnixFileMode.UserRead);
        using (var volume = SharedFolder.Open(Volume)) volume.MoveIn(aside);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Volume + "/seed"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Volume));
        Assert.Empty(Directory.EnumerateFileSystemEntries(aside));
    }

    [Fact]
    public void A_link_is_no_folder()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), Outside);
        Assert.ThrowsAny<IOException>(() => SharedFolder.Open(Path.Combine(_folder, "link")));
    }

    [Fact]
    public void Clearing_takes_links_and_not_what_they_lead_to()
    {
        File.WriteAllText(Outside + "/kept", "x");
        Directory.CreateDirectory(Volume + "/a/b");
        File.CreateSymbolicLink(Volume + "/a/b/out", Outside);
        File.WriteAllText(Volume + "/a/file", "x");
        using (var volume = SharedFolder.Open(Volume)) volume.Clear();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Volume));
        Assert.True(File.Exists(Outside + "/kept"));
    }

    /// <summary>A container's program may name its files in Latin-1.</summary>
    [Fact]
    public void Clearing_takes_names_that_are_no_text()
    {
        Directory.CreateDirectory(Volume + "/sub");
        foreach (var folder in new[] { Volume, Volume + "/sub" }) MakeOdd(folder);
        Assert.Equal(2, FileTree.Size(Volume, TestContext.Current.CancellationToken));
        using (var volume = SharedFolder.Open(Volume)) volume.Clear();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Volume));
    }

    private static void MakeOdd(string folder) => Shell(folder, "touch \"$(printf 'caf\\351')\" && printf x > zzz");

    private static string Shell(string folder, string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", line]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var said = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return said;
    }

    [Fact]
    public void Names_and_links_that_are_no_text_are_copied_as_they_are()
    {
        MakeOdd(Outside);
        Shell(Outside, "mkdir \"$(printf 'd\\351')\" && printf deep > \"$(printf 'd\\351/f\\377')\" && ln zzz \"$(printf 'h\\351')\" && ln -s \"$(printf 'to\\351')\" link && ln -s zzz \"$(printf 'l\\351')\""
            + " && chmod 640 zzz && touch -d 2001-02-03T04:05:06.7 zzz && mkfifo \"$(printf 'p\\351')\"");
        FileTree.Copy(Outside, Volume);
        Assert.Equal(Shell(Outside, List), Shell(Volume, List));
        Assert.Equal("8\n", Shell(Outside, "find . -mindepth 1 -printf x | wc -c"));
        Assert.Equal("deep", Shell(Volume, "cat d*/f*"));
        SharedFolder.Delete(Volume);
        Assert.False(Directory.Exists(Path.Combine(_folder, "volume")));
    }

    /// <summary>Names as bytes, kinds, modes, owners, links, sizes, times.</summary>
    private const string List = "find . -printf '%P %y %m %U %G %n %s %l %T@\\n' | LC_ALL=C sort | base64 -w0";

    /// <summary>A tree deeper than a path may be long.</summary>
    [Fact]
    public void Clearing_reaches_the_ground()
    {
        var at = Volume;
        for (var depth = 0; depth < 150; depth++) at = Directory.CreateDirectory(Path.Combine(at, "d")).FullName;
        File.WriteAllText(at + "/file", "x");
        using (var volume = SharedFolder.Open(Volume)) volume.Clear();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Volume));
    }

    /// <summary>Another hand makes folders into links and back while they are cleared.</summary>
    [Fact]
    public async Task Clearing_is_not_led_out_by_who_is_faster()
    {
        File.WriteAllText(Outside + "/kept", "x");
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(() => Swap(Volume + "/swap", stop.Token));
        var cleared = 0;
        while (cleared++ < 300)
        {
            using var volume = SharedFolder.Open(Volume);
            try
            {
                Directory.CreateDirectory(Volume + $"/work/{cleared}");
                volume.Clear();
            }
            catch (IOException)
            {
                // It met the other's folder in the midst: what counts is what is left outside.
            }
        }
        await stop.CancelAsync();
        await swapping.WaitAsync(Poll.Patience);
        Assert.True(File.Exists(Outside + "/kept"), "a file outside was removed");
    }

    private void Swap(string path, CancellationToken stop)
    {
        var outside = Outside;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Directory.CreateDirectory(path);
                File.WriteAllText(path + "/file", "x");
                Directory.Delete(path, recursive: true);
                File.CreateSymbolicLink(path, outside);
                File.Delete(path);
            }
            catch (IOException)
            {
                // The other was faster.
            }
        }
    }
}
