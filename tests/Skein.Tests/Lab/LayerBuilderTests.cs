using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Skein.Agent.Images;
using Skein.Lab.Images;
using Xunit;

namespace Skein.Tests.Lab;

public class LayerBuilderTests
{
    [Fact]
    public void The_same_inputs_give_the_same_bytes_in_any_order()
    {
        var one = new LayerBuilder(mergedUsr: true);
        one.AddFile("etc/b", [1], UnixFileMode.UserRead);
        one.AddFile("etc/a", [2], UnixFileMode.UserRead);
        var other = new LayerBuilder(mergedUsr: true);
        other.AddFile("etc/a", [2], UnixFileMode.UserRead);
        other.AddFile("etc/b", [1], UnixFileMode.UserRead);
        Assert.Equal(one.Build().Digest, other.Build().Digest);
    }

    [Fact]
    public void A_package_is_moved_into_usr_and_only_what_is_kept_is_taken()
    {
        using var package = Package("./bin/tool", "./usr/share/doc/tool/README", "./lib/x/libtool.so");
        var layer = new LayerBuilder(mergedUsr: true);
        layer.AddPackage(package, path => !path.StartsWith("usr/share/", StringComparison.Ordinal));

        var names = Names(layer.Build());
        Assert.Contains("usr/bin/tool", names);
        Assert.Contains("usr/lib/x/libtool.so", names);
        Assert.Contains("usr/lib/x/", names);
        Assert.Contains("bin", names);
        Assert.DoesNotContain(names, n => n.Contains("share", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("./bin/busybox")]       // Debian 12
    [InlineData("./usr/bin/busybox")]   // Debian 13
    public void Without_a_merged_usr_programs_stand_below_the_root_wherever_the_package_has_them(string program)
    {
        using var package = Package(program, "./usr/share/doc/busybox/README");
        var layer = new LayerBuilder(mergedUsr: false);
        layer.AddPackage(package, path => path.EndsWith("bin/busybox", StringComparison.Ordinal));
        Assert.True(layer.Contains("bin/busybox"));
        Assert.Equal(["bin/", "bin/busybox"], Names(layer.Build()));
    }

    [Fact]
    public void A_hard_link_comes_after_what_it_links_to()
    {
        var layer = new LayerBuilder(mergedUsr: false);
        layer.AddHardLink("bin/ash", "bin/busybox");
        layer.AddFile("bin/busybox", Encoding.ASCII.GetBytes("program"), UnixFileMode.UserExecute);
        var names = Names(layer.Build());
        Assert.True(names.IndexOf("bin/busybox") < names.IndexOf("bin/ash"));
    }

    [Fact]
    public void The_digest_is_of_the_compressed_bytes_and_the_diff_id_of_the_tar()
    {
        var layer = new LayerBuilder(mergedUsr: false);
        layer.AddFile("x", [7], UnixFileMode.UserRead);
        var built = layer.Build();
        using var tar = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(built.Compressed), CompressionMode.Decompress))
            gzip.CopyTo(tar);
        Assert.Equal(ContentDigest.Of(built.Compressed), built.Digest);
        Assert.Equal(ContentDigest.Of(tar.ToArray()), built.DiffId);
    }

    private static List<string> Names(Layer layer)
    {
        using var reader = new TarReader(new GZipStream(new MemoryStream(layer.Compressed), CompressionMode.Decompress));
        List<string> names = [];
        while (reader.GetNextEntry() is { } entry)
            names.Add(entry.Name);
        return names;
    }

    private static MemoryStream Package(params string[] files)
    {
        var package = new MemoryStream();
        using (var writer = new TarWriter(package, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var file in files)
                writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, file) { DataStream = new MemoryStream(Encoding.ASCII.GetBytes(file)) });
        }

        package.Position = 0;
        return package;
    }
}
