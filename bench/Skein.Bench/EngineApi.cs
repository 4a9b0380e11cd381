using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Skein.Bench;

/// <summary>The Docker Engine API of one host.</summary>
internal sealed class EngineApi : IDisposable
{
    private readonly HttpClient _client;

    public EngineApi(string socket, TimeSpan timeout)
    {
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await unix.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(unix, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://docker/v1.41/"), Timeout = timeout };
    }

    public Task<JsonNode?> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<JsonNode?> PostAsync(string path, JsonNode? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<JsonNode?> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public static string Filters(string json) => "filters=" + Uri.EscapeDataString(json);

    public void Dispose() => _client.Dispose();

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {text.Trim()}");
        return text.StartsWith('{') || text.StartsWith('[') || text.StartsWith('"') ? JsonNode.Parse(text) : null;
    }
}
