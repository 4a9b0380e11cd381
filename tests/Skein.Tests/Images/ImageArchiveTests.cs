using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Skein.Agent.Images.Content;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public sealed class ImageArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-archive-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_header_is_no_larger_than_a_header()
    {
        using var memory = new MemoryStream();
        await using (var tar = new TarWriter(memory, TarEntryFormat.Pax, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "file", [new("comment", new string('x', 2 << 20))]));
        memory.Position = 0;
        Assert.Equal("archive/tar: header field too long", (await Assert.ThrowsAsync<SkeinException>(() => ImageArchive.SpoolAsync(memory, _folder, Poll.Soon))).Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task An_archive_has_no_million_files()
    {
        using var memory = new MemoryStream();
        await using (var tar = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            for (var i = 0; i <= 1 << 16; i++) tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "l") { LinkName = "x" });
        }
        memory.Position = 0;
        Assert.Equal("the archive has more than 65536 entries", (await Assert.ThrowsAsync<SkeinException>(() => ImageArchive.SpoolAsync(memory, _folder, Poll.Soon))).Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

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

    /// <summary>As BuildKit writes one for containerd: Docker's list has none of the names then.</summary>
    [Fact]
    public async Task An_archive_of_both_forms_is_read_as_the_layout()
    {
        const string Config = """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""";
        var manifest = $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{{Digest(Config)}}}","size":{{{Config.Length}}}},"layers":[]}""";
        var index = $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{{Digest(manifest)}}}","size":{{{manifest.Length}}},"annotations":{"io.containerd.image.name":"docker.io/library/app:v1"}}]}""";
        using var tar = Tar(
            ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""),
            ("index.json", index),
            ("manifest.json", $$$"""[{"Config":"{{{Blob(Config)}}}","RepoTags":null,"Layers":[]}]"""),
            (Blob(Config), Config),
            (Blob(manifest), manifest));
        using var archive = await ImageArchive.SpoolAsync(tar, _folder, Poll.Soon);
        var image = Assert.Single(await archive.ReadImagesAsync(null, Poll.Soon));
        Assert.Equal(["docker.io/library/app:v1"], image.Names);
        Assert.Equal(Digest(manifest), image.Contents[0].Target.Digest);
    }

    [Fact]
    public async Task An_archive_gives_no_host_a_hundred_thousand_names()
    {
        const string Config = """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""";
        using var tar = Tar(
            ("c", Config),
            ("manifest.json", $$"""[{"Config":"c","RepoTags":[{{string.Join(',', Enumerable.Range(0, 10_001).Select(i => $"\"app:{i}\""))}}],"Layers":[]}]"""));
        using var archive = await ImageArchive.SpoolAsync(tar, _folder, Poll.Soon);
        Assert.Equal("the archive has more than 10000 names of images", (await Assert.ThrowsAsync<SkeinException>(() => archive.ReadImagesAsync(null, Poll.Soon))).Message);
    }

    /// <summary>Each is padded with what packs well: a small file, and gigabytes in memory.</summary>
    [Fact]
    public async Task The_documents_of_an_index_have_a_bound_together()
    {
        var pad = new string(' ', 3 << 20);
        var manifests = Enumerable.Range(0, 24).Select(i => $$"""{"schemaVersion":{{i}},"config":{},"layers":[]}{{pad}}""").ToList();
        var index = $$"""{"manifests":[{{string.Join(',', manifests.Select(manifest => $"{{\"digest\":\"{Digest(manifest)}\"}}"))}}]}""";
        var top = $$"""{"manifests":[{"digest":"{{Digest(index)}}"}]}""";
        using var tar = Tar([("index.json", top), (Blob(index), index), .. manifests.Select(manifest => (Blob(manifest), manifest))]);
        using var archive = await ImageArchive.SpoolAsync(tar, _folder, Poll.Soon);
        Assert.Equal("the documents of the archive are larger than 64 MiB", (await Assert.ThrowsAsync<SkeinException>(() => archive.ReadImagesAsync(null, Poll.Soon))).Message);
    }

    private static string Digest(string content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private static string Blob(string content) => "blobs/" + Digest(content).Replace(':', '/');

    private static MemoryStream Tar(params (string Name, string Content)[] files)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }
        tar.Position = 0;
        return tar;
    }
}
