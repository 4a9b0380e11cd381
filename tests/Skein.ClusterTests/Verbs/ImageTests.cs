using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Skein.ClusterTests.Lab;
using Skein.ClusterTests.Refusals;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class ImageTests(SwarmFixture swarm)
{
    // The lab's own, which its hosts need no TLS with.
    private const string Registry = "192.168.56.250:5000";

    private Docker Docker => swarm.Host(2);

    [Fact]
    public async Task An_image_is_pulled_tagged_listed_and_removed()
    {
        var pulled = await Docker.OutputOfAsync("pull nginx");
        Assert.Contains("Pulling from library/nginx", pulled, StringComparison.Ordinal);
        Assert.Contains("Status: ", pulled, StringComparison.Ordinal);
        Assert.EndsWith("docker.io/library/nginx:latest", pulled, StringComparison.Ordinal);
        Assert.Contains("Status: Image is up to date for nginx:latest", await Docker.OutputOfAsync("pull nginx"), StringComparison.Ordinal);

        await Docker.OutputOfAsync("tag nginx mine:1");
        Assert.Equal(await IdAsync("nginx"), await IdAsync("mine:1"));
        Assert.Equal("mine:1", await Docker.OutputOfAsync("images mine --format {{.Repository}}:{{.Tag}}"));
        Assert.Contains("Untagged: nginx:latest", await Docker.OutputOfAsync("rmi nginx"), StringComparison.Ordinal);
        Assert.Empty(await Docker.LinesOfAsync("images --quiet nginx:latest"));
        // Another test's container may have been made from it, and be on its way out.
        var removed = await Poll.UntilAsync("the image can be removed", () => Docker.RunAsync("rmi", "mine:1"), r => r.ExitCode == 0);
        Assert.Contains("Deleted: sha256:", removed.Output, StringComparison.Ordinal);
        Assert.Empty(await Docker.LinesOfAsync("images --quiet mine"));
    }

    [Fact]
    public async Task A_pushed_image_is_pulled_on_another_host()
    {
        var name = $"{Registry}/team/pushed:1";
        await Docker.OutputOfAsync("pull --quiet httpd");
        await Docker.OutputOfAsync($"tag httpd {name}");
        var pushed = await Docker.OutputOfAsync($"push {name}");
        Assert.StartsWith($"The push refers to repository [{Registry}/team/pushed]", pushed, StringComparison.Ordinal);
        Assert.Contains("1: digest: sha256:", pushed, StringComparison.Ordinal);

        await swarm.Manager.OutputOfAsync($"pull --quiet {name}");
        Assert.Equal(await IdAsync(name), await swarm.Manager.OutputOfAsync("image inspect --format {{.Id}} " + name));
        await Docker.OutputOfAsync($"rmi {name}");
        await swarm.Manager.OutputOfAsync($"rmi {name}");
    }

    [Fact]
    public async Task What_a_container_has_made_is_an_image_and_its_volume_is_not()
    {
        var archive = Path.Combine(Path.GetTempPath(), $"{swarm.Name}-root.tar");
        try
        {
            await using (var file = File.Create(archive))
            await using (var root = new TarWriter(file, TarEntryFormat.Ustar))
            {
                await using var program = File.OpenRead("/bin/busybox");
                await root.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "busybox") { DataStream = program, Mode = (UnixFileMode)0b111_101_101 });
            }
            (await Docker.RunAsync("import", "--change", "CMD [\"/busybox\", \"sleep\", \"1000\"]", archive, "imported:1")).Succeeded();
        }
        finally
        {
            File.Delete(archive);
        }

        var id = await Docker.OutputOfAsync("run --detach --network none --stop-timeout 0 --volume /data imported:1");
        (await Docker.RunAsync("exec", id, "/busybox", "sh", "-c", "echo made > /made; echo kept > /data/kept")).Succeeded();
        var committed = (await Docker.RunAsync("commit", "--change", "ENTRYPOINT [\"/busybox\"]", id, "committed:1")).Succeeded().Trim();
        Assert.Equal(committed, await IdAsync("committed:1"));
        Assert.Equal("running imported:1", (await Docker.RunAsync("inspect", "--format", "{{.State.Status}} {{.Config.Image}}", id)).Succeeded().Trim());
        Assert.Equal("made", await Docker.OutputOfAsync("run --rm --network none committed:1 cat /made"));
        Assert.Equal(1, (await Docker.RunAsync("run", "--rm", "--network", "none", "committed:1", "cat", "/data/kept")).ExitCode);
        await Docker.OutputOfAsync($"rm --force --volumes {id}");
        await Docker.OutputOfAsync("rmi committed:1 imported:1");
    }

    [Fact]
    public async Task A_loaded_image_runs_without_a_registry_and_stays_while_it_runs()
    {
        var archive = Path.Combine(Path.GetTempPath(), $"{swarm.Name}-loaded.tar");
        try
        {
            await WriteArchiveAsync(archive, "loaded:1");
            Assert.Contains("Loaded image: loaded:1", await Docker.OutputOfAsync("load --input " + archive), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(archive);
        }

        Assert.Equal("""["/busybox","sleep","100000"]""", (await Docker.RunAsync("image", "inspect", "--format", "{{json .Config.Cmd}}", "loaded:1")).Succeeded());
        await swarm.Manager.OutputOfAsync("service create --quiet --detach --no-resolve-image --name loaded --stop-grace-period 0s --constraint node.hostname==h2 loaded:1");
        await swarm.Manager.RunningAsync("loaded", 1);

        var id = await IdAsync("loaded:1");
        var used = await Docker.RunAsync("rmi", "loaded:1");
        Assert.Equal(1, used.ExitCode);
        Assert.Contains("conflict: unable to remove repository reference \"loaded:1\" (must force) - container ", used.Errors, StringComparison.Ordinal);
        Assert.Equal("Untagged: loaded:1", (await Docker.OutputOfAsync("rmi --force loaded:1")).Split('\n')[0]);
        Assert.Equal("true", await Docker.OutputOfAsync($"container inspect --format {{{{.State.Running}}}} {(await Docker.LinesOfAsync("ps --quiet --filter name=loaded"))[0]}"));
        await Docker.OutputOfAsync($"tag {id} loaded:1");
        await swarm.Manager.OutputOfAsync("service rm loaded");
        await Poll.UntilAsync("the image can be removed", () => Docker.RunAsync("rmi", "loaded:1"), r => r.ExitCode == 0);
    }

    [Fact]
    public async Task What_is_no_image_is_not_loaded()
    {
        var before = await Docker.LinesOfAsync("images --quiet");
        // As dockerd: the answer has begun when the archive is read, so the error is a line of it.
        var refused = await Docker.RunAsync("load", "--input", "/etc/passwd");
        Assert.Equal((1, "archive/tar: invalid tar header"), (refused.ExitCode, refused.Errors.Trim()));
        Assert.Equal(before, await Docker.LinesOfAsync("images --quiet"));
    }

    private Task<string> IdAsync(string image) => Docker.OutputOfAsync("image inspect --format {{.Id}} " + image);

    /// <summary>As `docker save` writes it: a manifest, a configuration, and one layer with busybox in it.</summary>
    private static async Task WriteArchiveAsync(string path, string tag)
    {
        using var layer = new MemoryStream();
        await using (var writer = new TarWriter(layer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            await using var program = File.OpenRead("/bin/busybox");
            await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "busybox") { DataStream = program, Mode = (UnixFileMode)0b111_101_101 });
        }

        var diff = Convert.ToHexStringLower(SHA256.HashData(layer.ToArray()));
        var processor = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        var command = """{"Cmd":["/busybox","sleep","100000"]}""";
        var layers = $$"""{"type":"layers","diff_ids":["sha256:{{diff}}"]}""";
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"{{processor}}","os":"linux","config":{{command}},"rootfs":{{layers}} }""");
        var name = Convert.ToHexStringLower(SHA256.HashData(config)) + ".json";
        var manifest = Encoding.UTF8.GetBytes($$"""[{"Config":"{{name}}","RepoTags":["{{tag}}"],"Layers":["layer.tar"]}]""");
        await using var file = File.Create(path);
        await using var archive = new TarWriter(file, TarEntryFormat.Ustar);
        foreach (var (entry, content) in ((string, byte[])[])[("layer.tar", layer.ToArray()), (name, config), ("manifest.json", manifest)])
            await archive.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(content) });
    }
}
