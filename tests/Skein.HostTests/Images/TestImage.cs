using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Skein.HostTests.Images;

internal sealed record TestDocument(string MediaType, string Digest, byte[] Bytes)
{
    public static TestDocument Of(string mediaType, object content)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(content);
        return new TestDocument(mediaType, TestImage.DigestOf(bytes), bytes);
    }

    public object Descriptor(object? platform = null) => platform is null
        ? new { mediaType = MediaType, digest = Digest, size = Bytes.Length }
        : new { mediaType = MediaType, digest = Digest, size = Bytes.Length, platform };
}

/// <summary>An image made here: layers of files, a config, a manifest; perhaps an index over it.</summary>
internal sealed class TestImage
{
    public Dictionary<string, byte[]> Blobs { get; } = [];

    public List<TestDocument> Children { get; } = [];

    public required TestDocument Target { get; init; }

    public required string Id { get; init; }

    public required byte[] Config { get; init; }

    public required IReadOnlyList<byte[]> PlainLayers { get; init; }

    public required IReadOnlyList<string> DiffIds { get; init; }

    public static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static byte[] Layer(params (string Path, byte[] Content)[] files)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (path, content) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path)
                {
                    DataStream = new MemoryStream(content),
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }
        return memory.ToArray();
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <param name="marker">Makes an image unlike all others.</param>
    public static TestImage Make(string marker, bool docker = true, IReadOnlyList<byte[]>? layers = null, IReadOnlyList<string>? claimedDiffIds = null, string architecture = "amd64")
    {
        layers ??= [Layer(("bin/busybox", File.ReadAllBytes("/bin/busybox"))), Layer(("etc/marker", Text(marker)))];
        var diffIds = claimedDiffIds ?? [.. layers.Select(DigestOf)];
        var type = docker ? "application/vnd.docker.distribution.manifest.v2+json" : "application/vnd.oci.image.manifest.v1+json";
        var layerType = docker ? "application/vnd.docker.image.rootfs.diff.tar.gzip" : "application/vnd.oci.image.layer.v1.tar+gzip";
        var config = TestDocument.Of(docker ? "application/vnd.docker.container.image.v1+json" : "application/vnd.oci.image.config.v1+json", new
        {
            architecture,
            os = "linux",
            created = "2026-01-02T03:04:05.678Z",
            config = new { Env = new[] { "PATH=/bin" }, Cmd = new[] { "/bin/busybox", "sh" }, Labels = new { marker }, ExposedPorts = new Dictionary<string, object> { ["80/tcp"] = new { } } },
            rootfs = new { type = "layers", diff_ids = diffIds },
        });
        var packed = layers.Select(Gzip).ToList();
        var manifest = TestDocument.Of(type, new
        {
            schemaVersion = 2,
            mediaType = type,
            config = config.Descriptor(),
            layers = packed.Select(bytes => new { mediaType = layerType, digest = DigestOf(bytes), size = bytes.Length }),
        });
        var image = new TestImage { Target = manifest, Id = config.Digest, Config = config.Bytes, PlainLayers = layers, DiffIds = diffIds };
        image.Blobs[config.Digest] = config.Bytes;
        foreach (var bytes in packed) image.Blobs[DigestOf(bytes)] = bytes;
        return image;
    }

    /// <summary>An index of this image for amd64 and another for arm64.</summary>
    public static TestImage Index(TestImage amd64, TestImage arm64)
    {
        const string type = "application/vnd.oci.image.index.v1+json";
        var index = TestDocument.Of(type, new
        {
            schemaVersion = 2,
            mediaType = type,
            manifests = new[]
            {
                arm64.Target.Descriptor(new { os = "linux", architecture = "arm64" }),
                amd64.Target.Descriptor(new { os = "linux", architecture = "amd64" }),
            },
        });
        var image = new TestImage { Target = index, Id = amd64.Id, Config = amd64.Config, PlainLayers = amd64.PlainLayers, DiffIds = amd64.DiffIds };
        foreach (var (digest, bytes) in amd64.Blobs.Concat(arm64.Blobs)) image.Blobs[digest] = bytes;
        image.Children.AddRange([amd64.Target, arm64.Target]);
        return image;
    }

    /// <summary>As `docker save` wrote it before it knew OCI: manifest.json, configs and plain layers by their own names.</summary>
    public byte[] Save(params string[] tags)
    {
        var files = new List<(string, byte[])> { (Id[7..] + ".json", Config) };
        for (var i = 0; i < PlainLayers.Count; i++) files.Add(($"layer{i}/layer.tar", PlainLayers[i]));
        files.Add(("manifest.json", JsonSerializer.SerializeToUtf8Bytes(new[]
        {
            new { Config = Id[7..] + ".json", RepoTags = tags, Layers = PlainLayers.Select((_, i) => $"layer{i}/layer.tar") },
        })));
        return Layer([.. files]);
    }

    /// <summary>An OCI layout.</summary>
    public byte[] Layout(string name)
    {
        var files = Blobs.Append(new(Target.Digest, Target.Bytes)).Select(blob => ("blobs/" + blob.Key.Replace(':', '/'), blob.Value)).ToList();
        files.Add(("index.json", JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            manifests = new[]
            {
                new { mediaType = Target.MediaType, digest = Target.Digest, size = Target.Bytes.Length, annotations = new Dictionary<string, string> { ["io.containerd.image.name"] = name } },
            },
        })));
        return Layer([.. files]);
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return memory.ToArray();
    }
}
