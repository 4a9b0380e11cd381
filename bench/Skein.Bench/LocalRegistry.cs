using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Skein.Bench;

/// <summary>A registry on a host's loopback, with one image whose files lie as that program keeps them.</summary>
internal sealed class LocalRegistry : IAsyncDisposable
{
    public const int Layers = 4;
    public const int Megabytes = 200;
    public const string Image = "127.0.0.1:5555/big:latest";

    private static readonly string s_folder = Path.Combine(Path.GetTempPath(), "skein-bench-registry");

    private readonly Process _process;

    private LocalRegistry(Process process) => _process = process;

    public static async Task<LocalRegistry> StartAsync(Engine engine)
    {
        if (!Directory.Exists(s_folder)) await MakeAsync();
        var config = Path.Combine(s_folder, "config.yml");
        await File.WriteAllTextAsync(config, $$"""
            version: 0.1
            log: { level: error }
            storage: { filesystem: { rootdirectory: {{s_folder}} } }
            http: { addr: "127.0.0.1:5555" }
            """);
        var registry = new LocalRegistry(engine.Inside(1, "docker-registry", "serve", config));
        await engine.UntilAsync("its registry answers", async () =>
        {
            try
            {
                await engine.InsideAsync(1, "sh", "-c", "echo > /dev/tcp/127.0.0.1/5555 2>/dev/null || bash -c 'echo > /dev/tcp/127.0.0.1/5555'");
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        });
        return registry;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task MakeAsync()
    {
        var layers = new List<(string Digest, long Size, string DiffId)>();
        for (var i = 0; i < Layers; i++) layers.Add(await LayerAsync(i));
        var config = Blob($$"""
            {"architecture":"amd64","os":"linux","config":{},"rootfs":{"diff_ids":[{{string.Join(',', layers.Select(l => $"\"{l.DiffId}\""))}}],"type":"layers"} }
            """);
        const string Type = "application/vnd.docker.distribution.manifest.v2+json";
        var manifest = Blob($$"""
            {"schemaVersion":2,"mediaType":"{{Type}}","config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"{{config.Digest}}","size":{{config.Size}}},
            "layers":[{{string.Join(',', layers.Select(LayerOf))}}]}
            """);
        foreach (var digest in layers.Select(l => l.Digest).Append(config.Digest)) Link($"_layers/sha256/{digest[7..]}", digest);
        Link($"_manifests/revisions/sha256/{manifest.Digest[7..]}", manifest.Digest);
        Link("_manifests/tags/latest/current", manifest.Digest);
        Link($"_manifests/tags/latest/index/sha256/{manifest.Digest[7..]}", manifest.Digest);
    }

    private static string LayerOf((string Digest, long Size, string DiffId) layer) =>
        $$$"""{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","digest":"{{{layer.Digest}}}","size":{{{layer.Size}}}}""";

    private static async Task<(string Digest, long Size, string DiffId)> LayerAsync(int number)
    {
        var (file, tar) = (Path.GetTempFileName(), Path.GetTempFileName());
        try
        {
            await Payload.WriteAsync(file, Megabytes / Layers, seed: number);
            await using (var writer = new TarWriter(File.Create(tar))) await writer.WriteEntryAsync(file, $"file{number}");
            await using (var packed = new GZipStream(File.Create(file), CompressionLevel.Fastest))
            await using (var plain = File.OpenRead(tar))
                await plain.CopyToAsync(packed);
            var (digest, size) = (await DigestAsync(file), new FileInfo(file).Length);
            File.Move(file, DataOf(digest));
            return (digest, size, await DigestAsync(tar));
        }
        finally
        {
            File.Delete(file);
            File.Delete(tar);
        }
    }

    private static async Task<string> DigestAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        return "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
    }

    private static (string Digest, int Size) Blob(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(DataOf(digest), bytes);
        return (digest, bytes.Length);
    }

    private static string DataOf(string digest)
    {
        var folder = Path.Combine(s_folder, "docker/registry/v2/blobs/sha256", digest[7..9], digest[7..]);
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, "data");
    }

    private static void Link(string path, string digest)
    {
        var folder = Path.Combine(s_folder, "docker/registry/v2/repositories/big", path);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "link"), digest);
    }
}
