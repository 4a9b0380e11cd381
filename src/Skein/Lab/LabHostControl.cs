using System.Net.Sockets;
using Skein.Model;

namespace Skein.Lab;

/// <summary>Power and link of the lab's hosts.</summary>
internal sealed class LabHostControl(LabPaths lab, LabNetwork network, TimeProvider time)
{
    private static readonly TimeSpan BootDeadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan DaemonDeadline = TimeSpan.FromSeconds(60);

    /// <summary>Boots the host and waits until its daemon answers. Nothing is done when it runs.</summary>
    public async Task StartAsync(LabHost host, CancellationToken cancel)
    {
        if (LabProcess.Read(host.Booted) is null)
            await BootAsync(host, cancel);
        try
        {
            await Patience.UntilAsync($"the daemon of {host.Name} answers on {host.DockerSocket}", DaemonDeadline, () => AnswersAsync(host, cancel), time, cancel);
        }
        catch (SkeinException e) when (e.Kind == ErrorKind.Unavailable)
        {
            throw SkeinException.Unavailable($"{e.Message}; the end of {host.DaemonLog}:\n{Tail(host.DaemonLog)}");
        }
    }

    /// <summary>The power goes: first the cable, then every process at once, then what they held.</summary>
    public async Task KillAsync(LabHost host, CancellationToken cancel)
    {
        await network.CutAsync(host, cancel);
        LabCgroups.Thaw(lab, host);
        if (LabProcess.Read(host.Booted) is { } init)
            await init.KillAsync(time, cancel);
        LabCgroups.KillAll(lab, host);
        await network.RemoveHostAsync(host, cancel);
        await LabCgroups.RemoveAsync(lab, host, time, cancel);
        Folders.Remove(host.Run);
    }

    public static bool IsRunning(LabHost host) => LabProcess.Read(host.Booted) is not null;

    /// <summary>The command that runs the given one inside the host.</summary>
    public static IReadOnlyList<string> Inside(LabHost host, IEnumerable<string> command)
    {
        var init = LabProcess.Read(host.Booted) ?? throw SkeinException.Conflict($"{host.Name} is not running");
        return ["nsenter", "--target", $"{init.Id}", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--", .. command];
    }

    private async Task BootAsync(LabHost host, CancellationToken cancel)
    {
        // Whatever a kill that did not finish left; and /run is empty after a boot.
        await KillAsync(host, cancel);
        Directory.CreateDirectory(host.Run);
        Directory.CreateDirectory(host.Disk);
        WriteDaemonConfig(host);
        await network.CreateHostAsync(host, cancel);

        IReadOnlyList<string> command =
        [
            "nsenter", $"--net=/run/netns/{host.NetworkNamespace}",
            "unshare", "--mount", "--uts", "--ipc", "--cgroup", "--pid", "--fork", "--kill-child=KILL",
            "bash", lab.InitScript, host.Name, host.Address, LabLan.Gateway, host.Run, host.Disk,
            .. File.Exists(lab.DaemonCommand) ? File.ReadAllLines(lab.DaemonCommand) : [.. LabLauncher.Self, "daemon"],
        ];
        using var waiting = LabLauncher.Start(command, host.InitLog, LabCgroups.Create(lab, host));
        LabCgroups.MoveAside(lab, waiting.Id);
        await Patience.UntilAsync($"{host.Name} boots", BootDeadline, () => waiting.HasExited || IsRunning(host), time, cancel);
        if (!IsRunning(host))
            throw new SkeinException(ErrorKind.Internal, $"{host.Name} did not boot; the end of {host.InitLog}:\n{Tail(host.InitLog)}");
    }

    // The host's /etc is the machine's with this folder over it.
    private static void WriteDaemonConfig(LabHost host)
    {
        var folder = Path.Combine(host.Disk, "etc", "skein");
        var file = Path.Combine(folder, "daemon.json");
        Directory.CreateDirectory(folder);
        if (File.Exists(file))
            return;
        File.WriteAllText(file, $$"""
            {
              "registry-mirrors": ["http://{{LabLan.Registry}}:{{LabLan.RegistryPort}}"],
              "insecure-registries": ["{{LabLan.Registry}}:{{LabLan.RegistryPort}}"]
            }

            """);
    }

    private static async Task<bool> AnswersAsync(LabHost host, CancellationToken cancel)
    {
        if (!IsRunning(host))
            throw new SkeinException(ErrorKind.Internal, $"{host.Name} went down while it started; see {host.InitLog}");
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(host.DockerSocket), token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await client.GetAsync(new Uri("http://docker/_ping"), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || e is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string Tail(string log) =>
        File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(12)) : "(there is none)";
}
