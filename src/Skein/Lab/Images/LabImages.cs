using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Lab.Images;

/// <summary>Makes the images that the lab's registry serves, once, and keeps them for every later lab.</summary>
internal sealed class LabImages(ILabProgress progress, TimeProvider time)
{
    private static readonly string[] Roots = ["/tmp", "/var/tmp", "/run", "/root", "/proc", "/sys", "/dev", "/usr/local/bin", "/home"];

    private static string Stamp => Path.Combine(RegistryServer.Storage, "complete");

    /// <summary>Makes what is missing, or was made by other recipes or files than this program's.</summary>
    public async Task EnsureAsync(bool rebuild, CancellationToken cancel)
    {
        Directory.CreateDirectory(LabPaths.ImageCache);
        using var alone = await LockAsync(cancel);
        if (!rebuild && File.Exists(Stamp))
            return;

        Folders.Remove(RegistryServer.Storage);
        Directory.CreateDirectory(RegistryServer.Storage);
        await using var registry = await StartRegistryAsync(cancel);
        using var client = new HttpClient { BaseAddress = registry.Address };
        progress.Doing("fetching Debian's packages for the images");
        var packages = await DebianPackages.FetchAsync(
            [.. ImageRecipes.All.SelectMany(r => r.Layers).SelectMany(l => l.Packages).Distinct()],
            Path.Combine(LabPaths.ImageCache, "packages"),
            cancel);
        Dictionary<LayerRecipe, Layer> layers = [];
        foreach (var recipe in ImageRecipes.All)
        {
            progress.Doing($"image {recipe.Name}");
            var size = await BuildAsync(recipe, packages, layers, client, cancel);
            progress.Done($"image {string.Join(", ", recipe.Tags.Select(t => $"{recipe.Name}:{t}"))} ({size / 1e6:0.0} MB compressed)");
        }

        await File.WriteAllTextAsync(Stamp, "", cancel);
    }

    private static async Task<long> BuildAsync(
        ImageRecipe recipe,
        IReadOnlyDictionary<string, string> packages,
        Dictionary<LayerRecipe, Layer> layers,
        HttpClient client,
        CancellationToken cancel)
    {
        List<Layer> own = [];
        foreach (var layerRecipe in recipe.Layers)
        {
            if (!layers.TryGetValue(layerRecipe, out var layer))
                layers[layerRecipe] = layer = await BuildAsync(layerRecipe, packages, cancel);
            own.Add(layer);
        }

        var push = new RegistryPush(client, "library/" + recipe.Name);
        var config = ImageDocuments.Config(recipe, own, DebianPackages.Architecture);
        var manifest = ImageDocuments.Manifest(recipe.Format, config, own);
        foreach (var layer in own)
            await push.BlobAsync(layer.Compressed, cancel);
        await push.BlobAsync(config, cancel);

        var (document, type) = (manifest, ImageDocuments.DockerManifestType);
        if (recipe.Format == ManifestFormat.OciIndex)
        {
            await push.ManifestAsync(ContentDigest.Of(manifest), manifest, ImageDocuments.OciManifestType, cancel);
            (document, type) = (ImageDocuments.Index(manifest, DebianPackages.Architecture), ImageDocuments.OciIndexType);
        }

        foreach (var tag in recipe.Tags)
            await push.ManifestAsync(tag, document, type, cancel);
        return own.Sum(l => (long)l.Compressed.Length);
    }

    private static async Task<Layer> BuildAsync(LayerRecipe recipe, IReadOnlyDictionary<string, string> packages, CancellationToken cancel)
    {
        var layer = new LayerBuilder(recipe.MergedUsr);
        foreach (var package in recipe.Packages)
        {
            using var files = await DebianPackages.ReadFilesAsync(packages[package], cancel);
            layer.AddPackage(files, recipe.Keep);
        }

        foreach (var path in LabResources.Below($"images/{recipe.Folder}/"))
        {
            var executable = path.Contains("bin/", StringComparison.Ordinal);
            layer.AddFile(path, LabResources.Read($"images/{recipe.Folder}/{path}"), (UnixFileMode)(executable ? 0b111_101_101 : 0b110_100_100));
        }

        foreach (var (path, target) in recipe.Links)
            layer.AddLink(path, target);
        if (recipe.Applets != AppletLinks.None)
        {
            await AddAppletsAsync(layer, recipe, cancel);
            foreach (var root in Roots)
                layer.AddFolder(root.TrimStart('/'), sticky: root.EndsWith("tmp", StringComparison.Ordinal));
        }

        return layer.Build();
    }

    // The program itself says which applets it has; it is of this machine's architecture.
    private static async Task AddAppletsAsync(LayerBuilder layer, LayerRecipe recipe, CancellationToken cancel)
    {
        var busybox = recipe.MergedUsr ? "usr/bin/busybox" : "bin/busybox";
        if (!layer.Contains(busybox))
            throw new SkeinException(ErrorKind.Internal, $"Debian's busybox-static has no /{busybox}");
        var program = Path.Combine(LabPaths.ImageCache, "busybox");
        await File.WriteAllBytesAsync(program, layer.Content(busybox), cancel);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        var applets = await ExternalCommand.RunAsync(program, ["--list"], cancel);
        File.Delete(program);

        foreach (var applet in applets.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = (recipe.MergedUsr ? "usr/bin/" : "bin/") + applet;
            // In Apache's image httpd is Apache.
            if (layer.Contains(path) || (recipe.MergedUsr && applet == "httpd"))
                continue;
            if (recipe.Applets == AppletLinks.Hard)
                layer.AddHardLink(path, busybox);
            else
                layer.AddLink(path, "busybox");
        }
    }

    private async Task<RunningRegistry> StartRegistryAsync(CancellationToken cancel)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = probe.LocalEndPoint!.ToString()!;
        probe.Close();

        var config = Path.Combine(LabPaths.ImageCache, "build.yml");
        await File.WriteAllTextAsync(config, RegistryServer.Config(address), cancel);
        var command = RegistryServer.Command(config);
        var process = LabLauncher.Start(command, Path.Combine(LabPaths.ImageCache, "build.log"), []);
        var registry = new RunningRegistry(process, new Uri($"http://{address}/"));
        using var client = new HttpClient { BaseAddress = registry.Address };
        await Patience.UntilAsync("the registry that takes the images answers", TimeSpan.FromSeconds(20), async () =>
        {
            try
            {
                using var answer = await client.GetAsync("v2/", cancel);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, time, cancel);
        return registry;
    }

    /// <summary>What decides the images' content apart from the versions of Debian's packages.</summary>
    public static string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in LabResources.Below("images/"))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(LabResources.Read("images/" + path));
        }

        foreach (var recipe in ImageRecipes.All)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{recipe.Name} {recipe.Format} {string.Join(' ', recipe.Tags)}\n"));
            hash.AppendData(ImageDocuments.Config(recipe, [], DebianPackages.Architecture));
            foreach (var layer in recipe.Layers)
                hash.AppendData(Encoding.UTF8.GetBytes(string.Join(' ', layer.Packages) + string.Join(' ', layer.Links)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<FileStream> LockAsync(CancellationToken cancel)
    {
        FileStream? taken = null;
        await Patience.UntilAsync("no other lab makes the images", TimeSpan.FromMinutes(5), () =>
        {
            try
            {
                taken = new FileStream(Path.Combine(LabPaths.ImageCache, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }, time, cancel);
        return taken!;
    }
}
