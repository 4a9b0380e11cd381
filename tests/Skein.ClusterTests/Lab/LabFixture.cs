using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>A lab of its own for one class of tests, taken down also when raising it failed.</summary>
public abstract class LabFixture(int hosts) : IAsyncLifetime
{
    private static int s_labs;

    private readonly int _number = Interlocked.Increment(ref s_labs);

    // One assembly may run twice on a machine: the process id keeps their labs apart.
    public string Name => $"t{Environment.ProcessId}-{_number}";

    public int Hosts { get; } = hosts;

    /// <summary>The program under test: the one named by SKEIN_PROGRAM, or the one built beside this assembly.</summary>
    public static string Program { get; } =
        Environment.GetEnvironmentVariable("SKEIN_PROGRAM") is { Length: > 0 } named && File.Exists(named)
            ? named
            : Path.Combine(AppContext.BaseDirectory, "skein");

    public static string Address(int host) => $"192.168.56.{10 + host}";

    /// <summary>Of the hosts of the last run.</summary>
    private static readonly string Logs = Path.Combine(AppContext.BaseDirectory, "TestResults");

    private static readonly Lazy<Task> Swept = new(TakeDownLeftoversAsync);

    public Docker Host(int number) => new($"/run/skein-lab-{Name}/h{number}/docker.sock");

    public async Task<string> LabAsync(params string[] arguments) => (await TryLabAsync(arguments)).Succeeded();

    public Task<ProgramResult> TryLabAsync(params string[] arguments) => ExternalProgram.RunAsync(Program, ["lab", "--name", Name, .. arguments]);

    /// <summary>Runs a shell command inside the host, or on the LAN when host is 0.</summary>
    public async Task<string> InsideAsync(int host, string command) => (await TryInsideAsync(host, command)).Succeeded();

    public Task<ProgramResult> TryInsideAsync(int host, string command) =>
        ExternalProgram.RunAsync(Program, "lab", "--name", Name, "exec", host == 0 ? "lan" : $"h{host}", "--", "sh", "-c", command);

    /// <summary>A port is open some moments after its service has converged: every host is told of it.</summary>
    public Task IsOpenAsync(string address, int port) => Poll.UntilAsync(
        $"{address}:{port} is open to the LAN", () => TryInsideAsync(0, $"bash -c 'exec 3<>/dev/tcp/{address}/{port}'"), result => result.ExitCode == 0);

    /// <summary>A connection from a computer of the LAN that is no host.</summary>
    public async Task<Conversation> TalkFromLanAsync(string address, int port)
    {
        await IsOpenAsync(address, port);
        return await Conversation.OpenAsync($"from the LAN to {address}:{port}", Program, ["lab", "--name", Name, "exec", "lan", "--"], address, port);
    }

    /// <summary>A connection from the network of the host's container.</summary>
    public async Task<Conversation> TalkFromContainerAsync(int host, string container, string address, int port)
    {
        var pid = await Host(host).OutputOfAsync($"inspect --format {{{{.State.Pid}}}} {container}");
        return await Conversation.OpenAsync(
            $"from {container} on h{host} to {address}:{port}",
            Program,
            ["lab", "--name", Name, "exec", $"h{host}", "--", "nsenter", "--net", "--target", pid],
            address,
            port);
    }

    /// <summary>It is killed, or asked to end, and another answers.</summary>
    public async Task RestartDaemonAsync(int host, string signal = "KILL")
    {
        var before = await InsideAsync(host, "pidof -s skein");
        await InsideAsync(host, $"kill -{signal} {before}");
        await Poll.UntilAsync($"another daemon is there on h{host}", () => TryInsideAsync(host, "pidof -s skein"), found => found.ExitCode == 0 && found.Output.Trim() != before.Trim());
        await Poll.UntilAsync($"it answers on h{host}", () => Host(host).RunAsync("version"), said => said.ExitCode == 0);
    }

    public async ValueTask InitializeAsync()
    {
        await Swept.Value;
        try
        {
            var daemon = Daemon is { Length: > 0 } other ? (string[])["--daemon", other] : [];
            await LabAsync(["up", "--hosts", $"{Hosts}", .. daemon]);
            await PrepareAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        KeepLogs();
        await LabAsync("down");
        GC.SuppressFinalize(this);
    }

    /// <summary>With dockerd in the hosts the same tests tell which of their expectations are Docker's own.</summary>
    protected virtual string? Daemon => Environment.GetEnvironmentVariable("SKEIN_TEST_DAEMON");

    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Former logs, and labs of test runs that were killed: they would go on running, and one may bear the name of one that is about to be raised.</summary>
    private static async Task TakeDownLeftoversAsync()
    {
        if (Directory.Exists(Logs)) Directory.Delete(Logs, recursive: true);
        foreach (var folder in Directory.EnumerateDirectories("/var/lib", "skein-lab-t*-*"))
        {
            var name = Path.GetFileName(folder)["skein-lab-".Length..];
            if (!int.TryParse(name[1..].Split('-')[0], out var run) || run != Environment.ProcessId && IsTestRun(run)) continue;
            (await ExternalProgram.RunAsync(Program, "lab", "down", "--name", name)).Succeeded();
        }
    }

    private static bool IsTestRun(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(typeof(LabFixture).Assembly.GetName().Name!, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    // What the daemons said is often the only trace of why a test failed.
    private void KeepLogs()
    {
        for (var host = 1; host <= Hosts; host++)
        {
            var log = $"/var/lib/skein-lab-{Name}/h{host}/log/skein.log";
            if (!File.Exists(log))
                continue;
            var folder = Path.Combine(Logs, $"{_number:00}-{GetType().Name}");
            Directory.CreateDirectory(folder);
            File.Copy(log, Path.Combine(folder, $"h{host}.log"), overwrite: true);
        }
    }
}
