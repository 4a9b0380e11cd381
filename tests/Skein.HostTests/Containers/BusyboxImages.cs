using System.Formats.Tar;
using Skein.Agent.Containerd;
using Skein.Agent.Images;

namespace Skein.HostTests.Containers;

/// <summary>One image of one layer, made from the machine's own static busybox, straight in containerd's store.</summary>
internal sealed class BusyboxImages(ContainerdClient containerd) : IImageStore
{
    public const string Name = "busybox:latest";

    /// <summary>The same, whose config declares volumes: one where the image has files, one where it has none.</summary>
    public const string Declaring = "declaring:latest";

    private static readonly string[] Applets =
        ["sh", "sleep", "echo", "cat", "ls", "id", "env", "hostname", "ip", "head", "touch", "stty", "yes", "kill", "mount", "grep", "dd", "tail", "mkdir", "true", "chmod"];

    private ImageRecord? image;

    public async Task MakeAsync()
    {
        var layer = Layer();
        await containerd.Leases.CreateAsync(new() { Id = "make" });
        var leased = containerd.WithLease("make");
        var digest = await ContainerdClientTests.WriteAsync(leased.Content, layer, []);
        var work = await leased.Snapshots.PrepareAsync(new() { Snapshotter = "overlayfs", Key = "unpack" });
        await leased.Diff.ApplyAsync(new()
        {
            Diff = new() { MediaType = "application/vnd.oci.image.layer.v1.tar", Digest = digest, Size = layer.Length },
            Mounts = { work.Mounts },
        });
        await leased.Snapshots.CommitAsync(new()
        {
            Snapshotter = "overlayfs",
            Key = "unpack",
            Name = digest,
            Labels = { ["containerd.io/gc.root"] = "test" },
        });
        await containerd.Leases.DeleteAsync(new() { Id = "make", Sync = true });
        var config = new ImageConfig([], ["sh"], ["PATH=/bin", "FROM=image"], "", "", [], [], new Dictionary<string, string>(), "", null);
        image = new ImageRecord("sha256:1", [Name], [], null, layer.Length, "amd64", "linux", [digest], config);
    }

    public ImageRecord? TryFind(string reference) =>
        reference == Name ? image!
        : reference == Declaring ? image! with { Tags = [Declaring], Config = image!.Config with { Volumes = ["/srv/link/data", "/nothing/here"] } } : null;

    public IReadOnlyList<ImageRecord> List() => [image!];

    public Task<ImageRecord> PullAsync(string reference, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ImageRecord> PullAsync(string reference, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<ImageRecord>> PullAllAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel) => throw new NotSupportedException();

    public IReadOnlyList<NamedManifest> Manifests() => throw new NotSupportedException();

    public Task<long?> SizeAsync(string digest, CancellationToken cancel) => throw new NotSupportedException();

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string digest, long offset, long count, CancellationToken cancel) => throw new NotSupportedException();

    public Task PushAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel) => throw new NotSupportedException();

    public Task LoginAsync(RegistryAuth auth, CancellationToken cancel) => throw new NotSupportedException();

    public Task<RemoteImage> ResolveAsync(string reference, RegistryAuth? auth, CancellationToken cancel) => throw new NotSupportedException();

    public Task SaveAsync(IReadOnlyList<string> references, ImagePlatform? platform, Stream target, CancellationToken cancel) => throw new NotSupportedException();

    public ImageRecord Find(string reference, ImagePlatform? platform) => ((IImageStore)this).Find(reference);

    public Task<IReadOnlyList<ImageStep>> HistoryAsync(string reference, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<(string? Untagged, string? Deleted)>> RemoveAsync(string reference, bool force, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> LoadAsync(Stream tar, ImagePlatform? platform, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ImageRecord> CommitAsync(string parentId, IReadOnlyList<string> layers, ImageMaking making, Func<bool> isStill, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Stream> FetchAsync(Uri url, IProgress<ImageProgress> progress, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ImageRecord> ImportAsync(Stream tar, ImagePlatform? platform, ImageMaking making, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ImageRecord> TagAsync(string source, string target, CancellationToken cancel) => throw new NotSupportedException();

    private static byte[] Layer()
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var folder in new[] { "bin/", "etc/", "tmp/" })
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0b111_101_101 });
            Add(tar, "bin/busybox", File.ReadAllBytes("/bin/busybox"), 0b111_101_101);
            foreach (var applet in Applets)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "srv/") { Mode = (UnixFileMode)0b111_101_101 });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "srv/real/") { Mode = (UnixFileMode)0b111_101_101 });
            // Absolute, as images have them: it means the image's /srv/real, not the host's.
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "srv/link") { LinkName = "/srv/real" });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "srv/real/data/") { Mode = (UnixFileMode)0b111_000_000, Uid = 1000, Gid = 1001 });
            Add(tar, "srv/real/data/seed", "from the image\n"u8.ToArray(), 0b110_000_000, 1000);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.HardLink, "srv/real/data/again") { LinkName = "srv/real/data/seed", Mode = (UnixFileMode)0b110_000_000, Uid = 1000 });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "srv/real/data/link") { LinkName = "/etc/shadow" });
            Add(tar, "srv/real/data/tool", "x"u8.ToArray(), 0b100_111_101_101, 0);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Fifo, "srv/real/data/pipe") { Mode = (UnixFileMode)0b110_110_110 });
            Add(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1001:Bob:/home/bob:/bin/sh\n"u8.ToArray(), 0b110_100_100);
            Add(tar, "etc/group", "root:x:0:\nbobs:x:1001:\nwheel:x:10:bob\n"u8.ToArray(), 0b110_100_100);
        }
        return stream.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] content, int mode, int owner = 0) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = (UnixFileMode)mode, Uid = owner });
}
