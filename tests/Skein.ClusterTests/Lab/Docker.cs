namespace Skein.ClusterTests.Lab;

/// <summary>The stock docker CLI against one host's socket.</summary>
public sealed class Docker(string socket)
{
    /// <summary>For client libraries.</summary>
    public Uri Address => new("unix://" + socket);

    public Task<ProgramResult> RunAsync(params IEnumerable<string> arguments) =>
        ExternalProgram.RunAsync("docker", ["-H", "unix://" + socket, .. arguments]);

    /// <summary>Runs the line, split at spaces, and gives its output; fails the test when the CLI did.</summary>
    public async Task<string> OutputOfAsync(string line) => (await RunAsync(line.Split(' '))).Succeeded();

    /// <summary>
    /// Creates a service attached: it returns when the service has converged. The CLI then looks on for as long as updates are to be watched, which are
    /// five seconds where nothing is said.
    /// </summary>
    public Task CreateServiceAsync(string service) => OutputOfAsync("service create --quiet --update-monitor 100ms " + service);

    public async Task<string[]> LinesOfAsync(string line) => (await RunAsync(line.Split(' '))).Lines();

    /// <summary>The full ids of the service's containers on this host: those that run, or all.</summary>
    public Task<string[]> ContainersOfAsync(string service, bool all = false) =>
        LinesOfAsync($"ps --quiet --no-trunc {(all ? "--all " : "")}--filter label=com.docker.swarm.service.name={service}");

    /// <summary>Current states of the tasks that the service wants to run.</summary>
    public async Task<string[]> StatesOfAsync(string service) =>
        (await RunAsync("service", "ps", service, "--filter", "desired-state=running", "--format", "{{.CurrentState}} on {{.Node}} {{.Error}}")).Lines();

    /// <summary>A network is in use until the last of its tasks is gone from its node.</summary>
    public Task RemoveNetworkAsync(string network) => Poll.UntilAsync(
        $"the network {network} can be removed", () => RunAsync("network", "rm", network), result => result.ExitCode == 0);

    public Task<string[]> RunningAsync(string service, int replicas) =>
        Poll.UntilAsync(
            $"{replicas} tasks of {service} run",
            () => StatesOfAsync(service),
            states => states.Length == replicas && states.All(s => s.StartsWith("Running", StringComparison.Ordinal)));
}
