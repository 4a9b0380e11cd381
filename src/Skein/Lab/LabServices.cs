using System.Net.Sockets;
using Skein.Lab.Images;

namespace Skein.Lab;

/// <summary>What the LAN has beside its hosts: a resolver and the registry.</summary>
internal sealed class LabServices(LabPaths lab, TimeProvider time)
{
    private const string Resolver = "resolver";
    private const string Registry = "registry";

    public static IReadOnlyList<string> Names { get; } = [Resolver, Registry];

    public async Task StartAsync(CancellationToken cancel)
    {
        if (LabProcess.Read(lab.ServicePid(Resolver)) is null)
            Launch(Resolver, [.. LabLauncher.Self, "lab", "resolver"]);
        if (LabProcess.Read(lab.ServicePid(Registry)) is null)
        {
            File.WriteAllText(lab.RegistryConfig, RegistryServer.Config($"{LabLan.Registry}:{LabLan.RegistryPort}"));
            Launch(Registry, RegistryServer.Command(lab.RegistryConfig));
        }

        // Asked from the LAN itself: its addresses exist in no other namespace.
        await Patience.UntilAsync(
            $"the registry answers (its log: {lab.ServiceLog(Registry)})",
            TimeSpan.FromSeconds(60),
            () => ListensAsync(cancel),
            time,
            cancel);
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        foreach (var name in Names)
        {
            if (LabProcess.Read(lab.ServicePid(name)) is { } process)
                await process.KillAsync(time, cancel);
        }
    }

    private void Launch(string name, IReadOnlyList<string> command)
    {
        using var process = LabLauncher.Start([.. InLan(command)], lab.ServiceLog(name), []);
        LabProcess.OfPid(process.Id)?.Save(lab.ServicePid(name));
    }

    /// <summary>The command that runs the given one on the LAN, as a computer that is no host.</summary>
    public IReadOnlyList<string> InLan(IEnumerable<string> command) => ["nsenter", $"--net=/run/netns/{lab.LanNamespace}", .. command];

    private async Task<bool> ListensAsync(CancellationToken cancel)
    {
        var command = InLan(["ss", "-Hltn", $"sport = :{LabLan.RegistryPort}"]);
        var registry = await ExternalCommand.RunAsync(command[0], command.Skip(1), cancel);
        command = InLan(["ss", "-Hlun", "sport = :53"]);
        var resolver = await ExternalCommand.RunAsync(command[0], command.Skip(1), cancel);
        return registry.Length > 0 && resolver.Length > 0;
    }
}
