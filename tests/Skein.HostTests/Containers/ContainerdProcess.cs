using System.Diagnostics;
using Skein.Agent.Containerd;
using Skein.Linux.Files;

namespace Skein.HostTests.Containers;

/// <summary>
/// A real containerd with folders of its own. Disposing ends it by pid, then unmounts and removes what it left, so that a
/// failed test leaves nothing either.
/// </summary>
internal sealed class ContainerdProcess : IAsyncDisposable
{
    private Process? process;

    private ContainerdProcess(string folder)
    {
        Folder = folder;
        Client = new ContainerdClient(Path.Combine(folder, "containerd.sock"));
    }

    public string Folder { get; }

    public ContainerdClient Client { get; }

    public static async Task<ContainerdProcess> StartAsync()
    {
        var self = new ContainerdProcess(Directory.CreateTempSubdirectory("skein-ctrd-").FullName);
        try
        {
            self.WriteConfig();
            await self.SpawnAsync();
            return self;
        }
        catch
        {
            await self.DisposeAsync();
            throw;
        }
    }

    /// <summary>containerd dies by SIGKILL and comes back; its shims, and so the containers, run on.</summary>
    public async Task RestartAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        await SpawnAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (process is { HasExited: false })
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        foreach (var pid in ShimsBelow(Folder))
            KillWithChildren(pid);
        foreach (var mount in MountsBelow(Folder).Reverse())
            Process.Start("umount", ["-l", mount]).WaitForExit();
        // Names in it need be no text.
        SharedFolder.Delete(Folder);
    }

    /// <summary>Mount points at or below a folder, in the order in which they were made.</summary>
    public static IReadOnlyList<string> MountsBelow(string folder) =>
        [.. File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(folder, StringComparison.Ordinal))];

    private void WriteConfig() => File.WriteAllText(Path.Combine(Folder, "config.toml"), $"""
        version = 2
        root = "{Folder}/root"
        state = "{Folder}/state"
        disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
          "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
        [grpc]
          address = "{Folder}/containerd.sock"
        [ttrpc]
          address = "{Folder}/containerd.ttrpc.sock"
        """);

    private async Task SpawnAsync()
    {
        process = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec containerd -c {Folder}/config.toml >>{Folder}/containerd.log 2>&1"]))!;
        await Client.WaitUntilServingAsync(Poll.Patience, TimeProvider.System, CancellationToken.None);
    }

    // A shim's command line names the socket of the containerd that started it.
    private static IEnumerable<int> ShimsBelow(string folder) =>
        from directory in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(directory)
        where int.TryParse(name, out _)
        let line = ReadOrEmpty(Path.Combine(directory, "cmdline"))
        where line.Contains("containerd-shim", StringComparison.Ordinal) && line.Contains(folder, StringComparison.Ordinal)
        select int.Parse(name);

    private static void KillWithChildren(int pid)
    {
        var children = ReadOrEmpty($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Process.Start("kill", ["-9", $"{pid}", .. children]).WaitForExit();
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
