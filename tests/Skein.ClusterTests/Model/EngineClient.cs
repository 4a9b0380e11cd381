using System.Formats.Tar;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Skein.ClusterTests.Model;

/// <summary>Does steps at an engine's socket, each as a client of Docker's does it.</summary>
internal sealed class EngineClient(string socket) : IDisposable
{
    private const string Version = "/v1.47";

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectCallback = (_, cancel) => ConnectAsync(socket, cancel) })
    {
        BaseAddress = new("http://docker"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public void Dispose() => _http.Dispose();

    public Task<Answer> DoAsync(Step step) => step.Verb switch
    {
        "create" => CreateAsync(step),
        "run" => RunAsync(step),
        "start" or "pause" or "unpause" => AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/{step.Verb}"),
        "restart" or "stop" => AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/{step.Verb}?t={step.Detail}"),
        "kill" => AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/kill?signal={step.Detail}"),
        "wait" => AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/wait"),
        "rm" => AskAsync(HttpMethod.Delete, $"/containers/{step.Subject}?force={step.Detail == "force"}"),
        "rename" => AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/rename?name={step.Detail}"),
        "update" => AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/update", Change(step.Detail)),
        "exec" => ExecAsync(step),
        "top" => AskAsync(HttpMethod.Get, $"/containers/{step.Subject}/top"),
        "diff" => AskAsync(HttpMethod.Get, $"/containers/{step.Subject}/changes"),
        "stats" => AskAsync(HttpMethod.Get, $"/containers/{step.Subject}/stats?stream=0&one-shot=1"),
        "logs" => LogsAsync(step.Subject),
        "inspect" => InspectAsync(step.Subject),
        "copy-in" => CopyInAsync(step),
        "copy-out" => CopyOutAsync(step),
        "connect" or "disconnect" => AskAsync(HttpMethod.Post, $"/networks/{step.Subject}/{step.Verb}", new JsonObject { ["Container"] = step.Detail }),
        "network-create" => AskAsync(HttpMethod.Post, "/networks/create", new JsonObject { ["Name"] = step.Subject }),
        "network-rm" => AskAsync(HttpMethod.Delete, $"/networks/{step.Subject}"),
        "volume-create" => AskAsync(HttpMethod.Post, "/volumes/create", new JsonObject { ["Name"] = step.Subject }),
        "volume-rm" => AskAsync(HttpMethod.Delete, $"/volumes/{step.Subject}"),
        "prune" => AskAsync(HttpMethod.Post, $"/{step.Subject}/prune{(step.Subject == "volumes" ? "?filters=%7B%22all%22%3A%5B%22true%22%5D%7D" : "")}"),
        "tag" => AskAsync(HttpMethod.Post, $"/images/busybox/tag?repo={step.Subject}"),
        "untag" => AskAsync(HttpMethod.Delete, $"/images/{step.Subject}"),
        "bad" => BadAsync(step),
        _ => throw new ArgumentOutOfRangeException(nameof(step), step.Verb, "nothing that a client does"),
    };

    /// <summary>What there is, in the words of <see cref="World.Seen"/>.</summary>
    public async Task<string> SeenAsync()
    {
        List<string> boxes = [];
        foreach (var row in (await ReadAsync("/containers/json?all=1")).EnumerateArray()) boxes.Add(await SeenAsync(row));
        boxes.Sort(StringComparer.Ordinal);
        var networks = (await ReadAsync("/networks")).EnumerateArray().Select(network => network.GetProperty("Name").GetString()!).Where(name => name[0] == 'n' && name.Length == 2);
        var volumes = (await ReadAsync("/volumes")).GetProperty("Volumes").EnumerateArray().Select(volume => volume.GetProperty("Name").GetString()!);
        var tags = (await ReadAsync("/images/json")).EnumerateArray().SelectMany(image => image.GetProperty("RepoTags").EnumerateArray()).Select(tag => tag.GetString()!.Split(':')[0]).Where(tag => tag.Length == 2);
        return string.Join('\n', boxes.Append($"networks {List(networks)}").Append($"volumes {List(volumes)}").Append($"tags {List(tags)}"));
    }

    public async Task<JsonElement> ReadAsync(string path) => JsonDocument.Parse((await AskAsync(HttpMethod.Get, path)).Text).RootElement;

    public async Task<Answer> AskAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, Version + path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await SendAsync(request);
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        try
        {
            using var response = await _http.SendAsync(request);
            return new((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException broken)
        {
            return new(0, broken.Message);
        }
    }

    private async Task<string> SeenAsync(JsonElement row)
    {
        var inspected = await AskAsync(HttpMethod.Get, $"/containers/{row.GetProperty("Id").GetString()}/json");
        var (state, status) = (row.GetProperty("State").GetString()!, row.GetProperty("Status").GetString()!);
        var shown = inspected.Status == 200 ? JsonDocument.Parse(inspected.Text).RootElement : default;
        // Two answers, and something may have happened between them: then it is looked at again.
        var same = inspected.Status == 200 && shown.GetProperty("State").GetProperty("Status").GetString() == state;
        var restarts = same ? shown.GetProperty("RestartCount").ToString() : "changes";
        var networks = row.GetProperty("NetworkSettings").GetProperty("Networks").EnumerateObject().Select(network => network.Name).Where(name => name is not ("bridge" or "none"));
        var code = state == "exited" ? " " + status.Split('(', ')')[1] : "";
        return $"{row.GetProperty("Names")[0].GetString()![1..]} {state}{code} {restarts} {List(networks)}";
    }

    private static string List(IEnumerable<string> names) => $"[{string.Join(' ', names.Order(StringComparer.Ordinal))}]";

    private Task<Answer> CreateAsync(Step step)
    {
        var wish = step.Detail.Split(' ').Select(part => part.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var policy = wish.GetValueOrDefault("policy", "no");
        return AskAsync(HttpMethod.Post, $"/containers/create?name={step.Subject}", new JsonObject
        {
            ["Image"] = "busybox",
            ["Cmd"] = new JsonArray([.. Programs.Of(wish["prog"]).Select(word => (JsonNode)word)]),
            ["HostConfig"] = new JsonObject
            {
                ["NetworkMode"] = wish.GetValueOrDefault("net", "none"),
                ["Binds"] = wish.TryGetValue("vol", out var volume) ? new JsonArray($"{volume}:/volume") : null,
                ["RestartPolicy"] = Policy(policy),
            },
        });
    }

    private static JsonObject Policy(string name) => new() { ["Name"] = name, ["MaximumRetryCount"] = name == "on-failure" ? 2 : 0 };

    private static JsonObject Change(string detail) => int.TryParse(detail, out var shares)
        ? new() { ["CpuShares"] = shares }
        : new() { ["RestartPolicy"] = Policy(detail) };

    private async Task<Answer> RunAsync(Step step)
    {
        var created = await CreateAsync(step);
        return created.Status == 201 ? await AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/start") : created;
    }

    private async Task<Answer> ExecAsync(Step step)
    {
        var made = await AskAsync(HttpMethod.Post, $"/containers/{step.Subject}/exec", new JsonObject { ["AttachStdout"] = true, ["Cmd"] = new JsonArray("echo", "executed") });
        if (made.Status != 201) return made;
        return await AskAsync(HttpMethod.Post, $"/exec/{JsonDocument.Parse(made.Text).RootElement.GetProperty("Id").GetString()}/start", new JsonObject());
    }

    /// <summary>Without the frames' heads; a full stop at the end, so that no more is there than is expected.</summary>
    private async Task<Answer> LogsAsync(string name)
    {
        var said = await AskAsync(HttpMethod.Get, $"/containers/{name}/logs?stdout=1");
        return said.Status == 200 ? said with { Text = string.Concat(Enumerable.Repeat("begun\n", said.Text.Split("begun\n").Length - 1)) + "." } : said;
    }

    private async Task<Answer> InspectAsync(string name)
    {
        var said = await AskAsync(HttpMethod.Get, $"/containers/{name}/json");
        if (said.Status != 200) return said;
        var json = JsonDocument.Parse(said.Text).RootElement;
        var host = json.GetProperty("HostConfig");
        var volume = string.Concat(json.GetProperty("Mounts").EnumerateArray().Select(mount => mount.GetProperty("Name").GetString()));
        return said with { Text = $"shares {host.GetProperty("CpuShares")} policy {host.GetProperty("RestartPolicy").GetProperty("Name")} volume {volume}." };
    }

    private async Task<Answer> CopyInAsync(Step step)
    {
        using var content = new MemoryStream();
        await using (var tar = new TarWriter(content, leaveOpen: true))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, step.Detail) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Rules.Content(step))) });
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Version}/containers/{step.Subject}/archive?path=/") { Content = new ByteArrayContent(content.ToArray()) };
        return await SendAsync(request);
    }

    private async Task<Answer> CopyOutAsync(Step step)
    {
        using var response = await _http.GetAsync($"{Version}/containers/{step.Subject}/archive?path=/{step.Detail}");
        if ((int)response.StatusCode != 200) return new((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        await using var tar = new TarReader(await response.Content.ReadAsStreamAsync());
        using var reader = new StreamReader((await tar.GetNextEntryAsync())!.DataStream!);
        return new(200, await reader.ReadToEndAsync());
    }

    private async Task<Answer> BadAsync(Step step)
    {
        var (call, body) = BadRequests.Of(step);
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new(method), Version + path);
        if (body.Length > 0) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await SendAsync(request);
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
