using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Skein.Bench;

/// <summary>One of the rivals: its lab of three hosts, and the work that is done on it.</summary>
internal sealed class Engine(string name, string skein, string? daemon, string process)
{
    public const int Hosts = 3;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly string _lab = "bench-" + name.ToLowerInvariant();
    private readonly EngineApi?[] _apis = new EngineApi?[Hosts + 1];

    public string Name => name;

    /// <summary>A planned stop waits for the balancers. Swarm's virtual addresses need IPVS, so its updates run without them.</summary>
    public bool HasBarrier => daemon is null;

    /// <summary>The daemon's process name.</summary>
    public string Process => process;

    /// <summary>Which host is asked; another than the first once that has lost its power.</summary>
    public int Manager { get; set; } = 1;

    public EngineApi Api => Host(Manager);

    public static string Address(int host) => $"192.168.56.{10 + host}";

    /// <summary>How dockerd is started in a lab host; null when there is none on this machine.</summary>
    public static string? DockerDaemon()
    {
        var path = Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Select(p => Path.Combine(p, "dockerd")).FirstOrDefault(File.Exists);
        return path is null
            ? null
            : $"{path} --containerd /run/containerd/containerd.sock --registry-mirror http://192.168.56.250:5000 --insecure-registry 192.168.56.250:5000";
    }

    public EngineApi Host(int number) => _apis[number] ??= new EngineApi(Socket(number), TimeSpan.FromSeconds(60));

    public string Socket(int host) => $"/run/skein-lab-{_lab}/h{host}/docker.sock";

    public Cli Cli(int host) => new(Socket(host));

    public EngineApi Impatient(int number) => new(Socket(number), TimeSpan.FromSeconds(1));

    public async Task UpAsync()
    {
        await DownAsync();   // a bench that was interrupted left its lab, in a swarm
        await LabAsync(daemon is null ? ["up", "--hosts", $"{Hosts}"] : ["up", "--hosts", $"{Hosts}", "--daemon", daemon]);
    }

    public async Task DownAsync()
    {
        await LabAsync("down");
        for (var host = 0; host < _apis.Length; host++)
        {
            _apis[host]?.Dispose();
            _apis[host] = null;
        }

        Manager = 1;
    }

    public async Task<string> LabAsync(params string[] arguments) => await ExternalProgram.RunAsync(skein, ["lab", "--name", _lab, .. arguments]);

    public Process Inside(int host, params string[] command) =>
        ExternalProgram.Start(skein, ["lab", "--name", _lab, "exec", $"h{host}", "--", .. command]);

    public Task<string> InsideAsync(int host, params string[] command) => LabAsync(["exec", $"h{host}", "--", .. command]);

    /// <summary>A command in the network of a container, run with this machine's programs.</summary>
    public async Task<string[]> InNetworkOfAsync(int host, string container, params string[] command)
    {
        var pid = (int)(await Host(host).GetAsync($"containers/{container}/json"))!["State"]!["Pid"]!;
        return ["nsenter", "--target", $"{pid}", "--net", "--", .. command];
    }

    public Task InitAsync() => Host(1).PostAsync("swarm/init", new JsonObject { ["ListenAddr"] = "0.0.0.0:2377", ["AdvertiseAddr"] = Address(1) });

    public async Task JoinAsync(int host, bool asManager)
    {
        var token = (string)(await Host(1).GetAsync("swarm"))!["JoinTokens"]![asManager ? "Manager" : "Worker"]!;
        await Host(host).PostAsync("swarm/join", new JsonObject
        {
            ["ListenAddr"] = "0.0.0.0:2377",
            ["AdvertiseAddr"] = Address(host),
            ["RemoteAddrs"] = new JsonArray($"{Address(1)}:2377"),
            ["JoinToken"] = token,
        });
        await ReadyAsync(host, asManager);
    }

    public async Task FormSwarmAsync(int managers)
    {
        await InitAsync();
        for (var host = 2; host <= Hosts; host++)
            await JoinAsync(host, host <= managers);
        await Api.PostAsync("networks/create", new JsonObject { ["Name"] = "ov", ["Driver"] = "overlay", ["Attachable"] = true });
    }

    public Task<double> ReadyAsync(int host, bool asManager = false) => UntilAsync($"h{host} is ready", async () =>
        (await Api.GetAsync("nodes"))!.AsArray().Any(n =>
            (string?)n!["Description"]!["Hostname"] == $"h{host}" && (string?)n["Status"]!["State"] == "ready"
            && (!asManager || (string?)n["ManagerStatus"]?["Reachability"] == "reachable")));

    /// <summary>A service on the overlay whose container ends at once on SIGTERM.</summary>
    public async Task<string> CreateAsync(string service, int? replicas, string? constraint = null, bool overlay = true, bool virtualAddress = false, Dictionary<string, string>? labels = null)
    {
        var spec = new JsonObject
        {
            ["Name"] = service,
            ["Labels"] = new JsonObject((labels ?? []).Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
            ["TaskTemplate"] = new JsonObject
            {
                ["ContainerSpec"] = new JsonObject
                {
                    ["Image"] = "busybox:latest",
                    ["Command"] = new JsonArray("sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait"),
                },
                ["Networks"] = overlay ? new JsonArray(new JsonObject { ["Target"] = "ov" }) : [],
                ["RestartPolicy"] = new JsonObject { ["Condition"] = "any", ["Delay"] = 0 },
                ["Placement"] = constraint is null ? new JsonObject() : new JsonObject { ["Constraints"] = new JsonArray(constraint) },
            },
            ["Mode"] = replicas is { } n
                ? new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = n } }
                : new JsonObject { ["Global"] = new JsonObject() },
            // A virtual address needs IPVS of Docker Swarm; by turns of DNS works everywhere.
            ["EndpointSpec"] = new JsonObject { ["Mode"] = virtualAddress ? "vip" : "dnsrr" },
        };
        return (string)(await Api.PostAsync("services/create", spec))!["ID"]!;
    }

    public Task ScaleAsync(string service, int replicas) => ChangeAsync(service, spec => spec["Mode"]!["Replicated"]!["Replicas"] = replicas);

    public Task ForceUpdateAsync(string service) =>
        ChangeAsync(service, spec => spec["TaskTemplate"]!["ForceUpdate"] = ((int?)spec["TaskTemplate"]!["ForceUpdate"] ?? 0) + 1);

    private async Task ChangeAsync(string service, Action<JsonNode> change)
    {
        var now = (await Api.GetAsync($"services/{service}"))!;
        var spec = now["Spec"]!.DeepClone();
        change(spec);
        await Api.PostAsync($"services/{service}/update?version={(long)now["Version"]!["Index"]!}", spec);
    }

    public Task<double> RunningAsync(string service, int replicas) => UntilAsync($"{replicas} tasks of {service} run", async () =>
    {
        var found = (await Api.GetAsync($"services?status=true&{EngineApi.Filters($$$"""{"id":{"{{{service}}}":true}}""")}"))!.AsArray();
        return (int)found[0]!["ServiceStatus"]!["RunningTasks"]! == replicas;
    });

    public async Task<List<JsonNode>> TasksAsync(string service, EngineApi? api = null) =>
        [.. (await (api ?? Api).GetAsync($"tasks?{EngineApi.Filters($$$"""{"service":{"{{{service}}}":true},"desired-state":{"running":true}}""")}"))!.AsArray().Select(t => t!)];

    public async Task<string?> NodeIdAsync(int host) =>
        (string?)(await Api.GetAsync("nodes"))!.AsArray().First(n => (string?)n!["Description"]!["Hostname"] == $"h{host}")!["ID"];

    public async Task<List<string>> ContainersAsync(int host) =>
        [.. (await Host(host).GetAsync("containers/json?all=1"))!.AsArray().Select(c => (string)c!["Id"]!)];

    public Task<double> NoContainersAsync() => UntilAsync("no container is left", async () =>
    {
        for (var host = 1; host <= Hosts; host++)
        {
            if ((await ContainersAsync(host)).Count > 0)
                return false;
        }

        return true;
    });

    public async Task RemoveAsync(string service)
    {
        await Api.DeleteAsync($"services/{service}");
        await NoContainersAsync();
    }

    /// <summary>Polls every 20 ms; gives the milliseconds it took.</summary>
    public async Task<double> UntilAsync(string what, Func<Task<bool>> condition, double seconds = 120)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                throw new TimeoutException($"{Name}: waited {seconds} s in vain until {what}");
            await Task.Delay(Poll);
        }

        return clock.Elapsed.TotalMilliseconds;
    }

    /// <summary>One figure that fails costs itself alone.</summary>
    public async Task AttemptAsync(string what, Samples samples, string figure, Func<Task<double>> measure)
    {
        try
        {
            samples.Add(this, figure, await measure());
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"  {Name}: {what} failed: {e.Message}");
        }
    }

    /// <summary>A round that fails costs its samples, not the bench.</summary>
    public async Task AttemptAsync(string group, Func<Task> round)
    {
        try
        {
            await round();
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException or HttpRequestException or OperationCanceledException)
        {
            Console.Error.WriteLine($"  {Name}: {group} failed: {e.Message}");
            await DownAsync();
            await UpAsync();
            if (group != "init")
                await FormSwarmAsync(group == "leader" ? 3 : 1);
        }
    }
}
