using System.Text.Json;
using System.Text.RegularExpressions;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Differences;

/// <summary>
/// Docker itself is the judge: the same requests to a swarm of Skein and to one of dockerd have the same status, the same message and an answer
/// of the same shape. Where no dockerd is installed it judges nothing.
/// </summary>
[Collection(nameof(SharedPair))]
public sealed partial class DifferenceTests(DifferenceTests.TwoSwarms swarms)
{
    private const string Dockerd = "/usr/sbin/dockerd";

    [Theory]
    [InlineData("containers")]
    [InlineData("dependencies")]
    [InlineData("images")]
    [InlineData("jobs")]
    [InlineData("localnetworks")]
    [InlineData("networks")]
    [InlineData("nodes")]
    [InlineData("services")]
    [InlineData("swarm")]
    [InlineData("uses")]
    [InlineData("volumes")]
    public async Task Skein_and_dockerd_answer_alike(string family)
    {
        Assert.SkipUnless(File.Exists(Dockerd), $"there is no {Dockerd} to compare with");
        var (skein, dockerd) = (new Asked(swarms.Skein.Socket), new Asked(swarms.Dockerd!.Socket));
        var differences = new List<string>();
        foreach (var request in Request.Of(family))
        {
            var (ours, theirs) = (await skein.AskAsync(request), await dockerd.AskAsync(request));
            if (ours != theirs && request.Reason.Length == 0) differences.Add($"{request.Name}: {request.Call} {request.Body}\n  Skein alone:   {Without(ours, theirs)}\n  dockerd alone: {Without(theirs, ours)}");
            if (ours == theirs && request.Reason.Length > 0) differences.Add($"{request.Name}: no difference any more ({request.Reason})");
        }
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>What each swarm has of its own, and what Docker shows since 20.10; by its name, or by its place in an answer.</summary>
    private static readonly Dictionary<string, string> s_own = new(StringComparer.Ordinal)
    {
        ["Index"] = "a version: of etcd's revisions here, of raft's there",
        ["CertIssuerPublicKey"] = "a key",
        ["TrustRoot"] = "a certificate",
        ["Mountpoint"] = "below each engine's own root",
        ["JoinTokens"] = "secrets",
        ["EngineVersion"] = "Skein's own",
        ["Plugins"] = "each engine's own drivers",
        ["com.docker.network.driver.overlay.vxlanid_list"] = "the next that is free",
        ["Warnings"] = "always there, as in newer Dockers: clients read the list without asking",
        ["EnableIPv4"] = "in Docker since 28",
        [".IPAM.Options"] = "always an object: docker-py asks it for its keys",
        ["[].IPAM.Options"] = "always an object: docker-py asks it for its keys",
        [".Driver"] = "each engine's own store",
        [".GraphDriver"] = "each engine's own store",
        [".Config.Hostname"] = "the container's id",
        [".HostConfig.Isolation"] = "what an empty one stands for, as in newer Dockers",
        [".HostConfig.KernelMemory"] = "in Docker until 23",
        [".HostConfig.KernelMemoryTCP"] = "in Docker until 23",
        [".HostConfig.MaskedPaths"] = "more, as in newer Dockers",
        [".HostConfig.PortBindings"] = "always an object: clients ask it for its keys",
        [".HostConfig.RestartPolicy.Name"] = "what an empty one stands for, as in newer Dockers",
        [".HostnamePath"] = "below each engine's own root, and known from the beginning here",
        [".HostsPath"] = "below each engine's own root, and known from the beginning here",
        [".ResolvConfPath"] = "below each engine's own root, and known from the beginning here",
        [".Mounts[].Source"] = "below each engine's own root",
        ["[].Mounts[].Source"] = "below each engine's own root",
        [".State.Pid"] = "each host's own",
        [".LogPath"] = "a log's files are no client's",
        [".NetworkSettings.SandboxID"] = "none without a network",
        [".NetworkSettings.SandboxKey"] = "none without a network",
        [".NetworkSettings.Networks.none.EndpointID"] = "a container without a network has no endpoint",
        [".NetworkSettings.Networks.none.NetworkID"] = "a container without a network has no endpoint",
        ["[].NetworkSettings.Networks.none.EndpointID"] = "a container without a network has no endpoint",
        ["[].NetworkSettings.Networks.none.NetworkID"] = "a container without a network has no endpoint",
        ["DNSNames"] = "in Docker since 25",
        ["GwPriority"] = "in Docker since 28",
        ["[].Status"] = "since when",
        ["Size"] = "each engine's own store",
        ["VirtualSize"] = "each engine's own store",
        ["SizeRootFs"] = "each engine's own store",
        ["SizeRw"] = "each engine's own store",
    };

    private static string Without(string one, string other) => string.Join(' ', one.Split(' ').Except(other.Split(' ')));

    public sealed class TwoSwarms : IAsyncLifetime
    {
        private readonly OneHost _skein = new(null);
        private readonly OneHost? _dockerd = File.Exists(DifferenceTests.Dockerd) ? new(DifferenceTests.Dockerd) : null;

        internal OneHost Skein => _skein;

        internal OneHost? Dockerd => _dockerd;

        public async ValueTask InitializeAsync()
        {
            if (_dockerd is null) return;
            await Task.WhenAll(_dockerd.InitializeAsync().AsTask(), _skein.InitializeAsync().AsTask());
            await BringImageAsync();
        }

        /// <summary>Docker has no way to the lab's registry by an image's plain name.</summary>
        private async Task BringImageAsync()
        {
            var file = Path.GetTempFileName();
            try
            {
                await _skein.Host(1).OutputOfAsync("pull --quiet busybox");
                await _skein.Host(1).OutputOfAsync($"save --output {file} busybox");
                await _dockerd!.Host(1).OutputOfAsync($"load --quiet --input {file}");
            }
            finally
            {
                File.Delete(file);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_dockerd is null) return;
            await _skein.DisposeAsync();
            await _dockerd.DisposeAsync();
        }
    }

    internal sealed class OneHost(string? daemon) : LabFixture(1)
    {
        public string Socket => $"/run/skein-lab-{Name}/h1/docker.sock";

        protected override string? Daemon => daemon;

        protected override Task PrepareAsync() => Host(1).OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
    }

    private sealed record Request(string Name, string Call, string Body, string Reason)
    {
        /// <summary>
        /// Those of a file in Requests, one after another: name | method path | body. {name.Path} stands for what an earlier answer had there.
        /// A fourth field is the reason why the two may answer differently.
        /// </summary>
        public static IReadOnlyList<Request> Of(string family)
        {
            using var stream = typeof(Request).Assembly.GetManifestResourceStream($"{family}.txt")!;
            using var reader = new StreamReader(stream);
            return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        }

        private static Request Parse(string line)
        {
            var parts = line.Split(" |");
            return new(parts[0].Trim(), parts[1].Trim(), parts.ElementAtOrDefault(2)?.Trim() ?? "", parts.ElementAtOrDefault(3)?.Trim() ?? "");
        }
    }

    /// <summary>One of the two, with what it has answered.</summary>
    private sealed class Asked(string socket)
    {
        private readonly Dictionary<string, JsonElement> _answers = new(StringComparer.Ordinal);

        public async Task<string> AskAsync(Request request)
        {
            var (method, path) = request.Call.Split(' ', 2) is [var m, var p] ? (m, Filled(p)) : throw new FormatException(request.Call);
            string[] body = request.Body.Length == 0 ? [] : ["--header", "Content-Type: application/json", "--data", Filled(request.Body)];
            var answer = (await ExternalProgram.RunAsync(
                "curl", ["--silent", "--globoff", "--max-time", "60", "--unix-socket", socket, "--request", method, "--write-out", "\n%{http_code}", .. body, $"http://d{(path.StartsWith("/v1.", StringComparison.Ordinal) ? "" : "/v1.41")}{Encoded(path)}"])).Succeeded();
            var end = answer.LastIndexOf('\n');
            return $"{answer[(end + 1)..]} {Seen(request.Name, answer[..end].Trim())}";
        }

        private string Seen(string name, string text)
        {
            // An answer in several lines is a progress, and told as it is.
            if (text is not ['{' or '[' or '"', ..] || text.Contains('\n', StringComparison.Ordinal)) return Same(text);
            var json = _answers[name] = JsonDocument.Parse(text).RootElement;
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("message", out var message)
                ? Same(message.GetString()!)
                : string.Join(' ', Shape(json, "").Distinct().Order(StringComparer.Ordinal));
        }

        private string Filled(string text) => Placeholder().Replace(text, match =>
        {
            var path = match.Groups["path"].Value.Split('.');
            return path[1..].Aggregate(_answers[path[0]], (at, name) => at.GetProperty(name)).ToString();
        });

        // A filter's JSON stands in the list as it is read.
        private static string Encoded(string path) => path.Replace("{", "%7B", StringComparison.Ordinal).Replace("}", "%7D", StringComparison.Ordinal).Replace("\"", "%22", StringComparison.Ordinal);

        private static IEnumerable<string> Shape(JsonElement json, string at) => json.ValueKind switch
        {
            JsonValueKind.Object when json.EnumerateObject().Any() => json.EnumerateObject().Where(property => !s_own.ContainsKey(property.Name) && !s_own.ContainsKey($"{at}.{property.Name}")).SelectMany(property => Shape(property.Value, $"{at}.{Same(property.Name)}")),
            JsonValueKind.Array when json.GetArrayLength() > 0 => json.EnumerateArray().SelectMany(item => Shape(item, at + "[]")),
            JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number => [$"{at}={json}"],
            JsonValueKind.String => [$"{at}='{Same(json.GetString()!)}'"],
            var kind => [$"{at}:{kind}"],
        };
    }

    /// <summary>Without what differs from one swarm to the other.</summary>
    private static string Same(string text) => Id().Replace(Time().Replace(text, "TIME"), "ID");

    [GeneratedRegex(@"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")]
    private static partial Regex Time();

    [GeneratedRegex(@"\{(?<path>[a-z-]+\.[A-Za-z.]+)\}")]
    private static partial Regex Placeholder();

    // An object's: they differ from one swarm to the other.
    [GeneratedRegex(@"[0-9a-f]{64}|[0-9a-z]{25}|\b[0-9a-f]{12}\b")]
    private static partial Regex Id();
}
