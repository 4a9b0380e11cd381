using System.Diagnostics;
using System.Globalization;
using Skein.ClusterTests.Lab;
using Skein.Linux.Files;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>`docker cp` of what a tar can hardly say, onto a full disk, and with a daemon that is killed in its midst.</summary>
[Collection(nameof(SharedHost))]
public sealed class CopyTests(ClientHost host) : IDisposable
{
    private static readonly byte[] s_capability = [1, 0, 0, 2, 0, 4, 0, 0, (byte)'\n', 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-copy-").FullName;

    private Docker Docker => host.Host(1);

    public void Dispose() => SharedFolder.Delete(_folder);

    /// <summary>Out of the container as they went in: names in no encoding, long ones, links to such, and what a program may do.</summary>
    [Fact]
    public async Task Names_that_are_no_text_and_capabilities_come_back_as_they_went()
    {
        await ShAsync($"""
            mkdir -p tree/{new string('d', 200)}/{new string('e', 200)}
            cd tree
            echo a > "$(printf 'no\377\303(utf8')"; echo b > "$(printf 'two\nlines')"; echo c > {new string('d', 200)}/{new string('e', 200)}/{new string('f', 255)}
            ln -s "$(printf 'to\376\377')" "$(printf 'link\201')"; ln {new string('d', 200)}/{new string('e', 200)}/{new string('f', 255)} same
            echo tool > tool; chmod 755 tool; chown 5:6 tool
            # Seconds are what Docker takes along.
            find . -print0 | xargs -0 touch -h -d @1234567890
            """);
        ExtendedAttribute.Set(Path.Combine(_folder, "tree/tool"), "security.capability\0"u8, s_capability);
        await Docker.OutputOfAsync("run -d --network none --name box busybox sleep 100000");

        await Docker.OutputOfAsync($"cp -a {_folder}/tree box:/");
        await Docker.OutputOfAsync($"cp -a box:/tree {_folder}/back");
        // A path of the command line too; and the root's own tar.
        await ShAsync($"docker -H unix://{host.Socket} cp box:/tree/\"$(printf 'no\\377\\303(utf8')\" one");
        await ShAsync($"mkdir exported; docker -H unix://{host.Socket} export box | tar -C exported -xf - tree");

        Assert.Equal(await ListedAsync("tree"), await ListedAsync("back"));
        Assert.Equal(await ListedAsync("tree"), await ListedAsync("exported/tree"));
        Assert.Equal("5:6", await ShAsync("stat -c %u:%g exported/tree/tool"));
        Assert.Equal("a\n", await File.ReadAllTextAsync($"{_folder}/one"));
        Assert.Equal(s_capability, ExtendedAttribute.Read($"{_folder}/back/tool", "security.capability\0"u8));
        await Docker.OutputOfAsync("rm -f box");
    }

    [Fact]
    public async Task A_container_whose_disk_is_full_says_so_and_goes_on()
    {
        await Docker.OutputOfAsync("run -d --network none --name full --tmpfs /small:size=1m busybox sleep 100000");
        await ShAsync("dd if=/dev/zero of=large bs=1M count=8 2>/dev/null; echo small > small");

        var refused = await Docker.RunAsync("cp", $"{_folder}/large", "full:/small/");
        // Before it the client may say that it was not taken what it sent.
        Assert.Equal((1, "Error response from daemon: write /small/large: no space left on device"), (refused.ExitCode, refused.Errors.Trim().Split('\n')[^1]));

        Assert.Equal("true", await Docker.OutputOfAsync("inspect -f {{.State.Running}} full"));
        await Docker.OutputOfAsync("exec full rm /small/large");
        await Docker.OutputOfAsync($"cp {_folder}/small full:/small/");
        Assert.Equal("small", await Docker.OutputOfAsync("exec full cat /small/small"));
        await Docker.OutputOfAsync("rm -f full");
    }

    /// <summary>Of a container that runs and of one that does not, whose root is put together for the copy.</summary>
    [Fact]
    public async Task A_daemon_that_is_killed_in_the_midst_leaves_nothing_and_the_next_copies()
    {
        (await Docker.RunAsync("run", "-d", "--network", "none", "--name", "runs", "busybox", "sh", "-c", "dd if=/dev/zero of=/large bs=1M count=40 2>/dev/null; touch /ready; exec sleep 100000")).Succeeded();
        await Poll.UntilAsync("it has its file", () => Docker.RunAsync("exec", "runs", "ls", "/ready"), said => said.ExitCode == 0);
        await Docker.OutputOfAsync("create --network none --name rests busybox true");
        await ShAsync("mkdir -p in && dd if=/dev/zero of=in/large bs=1M count=40 2>/dev/null; echo small > small; tar -cf in.tar in");
        await Docker.OutputOfAsync($"cp {_folder}/in/large rests:/large");
        var before = await Docker.OutputOfAsync("inspect -f {{.State.Pid}}|{{.RestartCount}} runs");

        using var intoRunning = CopyIn("runs");
        using var intoResting = CopyIn("rests");
        // Who takes nothing off its output stands still after some of it.
        using var fromRunning = Start("cp", "runs:/large", "-");
        var pid = before.Split('|')[0];
        await Poll.UntilAsync("a part has come in", () => host.InsideAsync(1, $"stat -c %s /proc/{pid}/root/in/large 2>/dev/null || echo 0"), size => int.Parse(size, CultureInfo.InvariantCulture) > 1 << 20);
        await Poll.UntilAsync("the other root is mounted", () => MountsAsync(), mounts => mounts.Length > 0);
        Assert.Equal(512, await fromRunning.StandardOutput.BaseStream.ReadAtLeastAsync(new byte[512], 512));

        await host.RestartDaemonAsync(1);

        foreach (var client in (Process[])[intoRunning, intoResting, fromRunning])
        {
            // The client waits for the end of what it was sending before it tells that nobody takes it any more.
            client.StandardInput.Close();
            _ = client.StandardOutput.ReadToEndAsync();
            await client.WaitForExitAsync(Poll.Soon);
            Assert.NotEqual(0, client.ExitCode);
        }
        Assert.Empty(await MountsAsync());
        Assert.Empty(await LeftAsync());
        Assert.Equal(before, await Docker.OutputOfAsync("inspect -f {{.State.Pid}}|{{.RestartCount}} runs"));
        foreach (var name in (string[])["runs", "rests"])
        {
            await Docker.OutputOfAsync($"cp {_folder}/in {name}:/");
            await Docker.OutputOfAsync($"cp {name}:/in {_folder}/{name}");
            await ShAsync($"cmp in/large {name}/large");
        }
        Assert.Empty(await MountsAsync());
        Assert.Empty(await LeftAsync());
        // No thread of the daemon has stayed in a container's root.
        Assert.Equal("", await host.InsideAsync(1, "for task in /proc/$(pidof -s skein)/task/*; do readlink $task/root; done | grep -vx / || true"));
        await Docker.OutputOfAsync("rm -f runs rests");
    }

    /// <summary>The greater part of a tar, and then nothing, with nobody who hangs up.</summary>
    private Process CopyIn(string name)
    {
        var client = Start("cp", "-", $"{name}:/");
        var tar = File.ReadAllBytes($"{_folder}/in.tar");
        client.StandardInput.BaseStream.Write(tar.AsSpan(0, tar.Length * 3 / 4));
        client.StandardInput.BaseStream.Flush();
        return client;
    }

    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("docker", ["-H", "unix://" + host.Socket, .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>In any thread's namespace: an overlay's options have the folder of its layers' links.</summary>
    private async Task<string[]> MountsAsync() => Lines(await host.InsideAsync(1, "grep -l skein/copy/root- /proc/[0-9]*/task/*/mountinfo 2>/dev/null || true"));

    private async Task<string[]> LeftAsync() => Lines(await host.InsideAsync(1, "ls /run/skein/copy 2>/dev/null || true"));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Names, kinds, links, modes, times and sizes of all of it, in digits. Not the owners: the client makes what it copies out its user's.</summary>
    private async Task<string> ListedAsync(string folder) => await ShAsync($"cd {folder} && find . -mindepth 1 \\( -type d -printf '%P %y %m\\0' -o -printf '%P %y %m %l %T@ %s %n\\0' \\) | sort -z | od -An -v -tx1");

    private async Task<string> ShAsync(string script) => (await ExternalProgram.RunAsync("sh", "-c", $"set -e; cd {_folder}\n{script}")).Succeeded();
}
