using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Skein.HostTests.Images;

/// <summary>Debian's docker-registry on a loopback port, its store in a folder that goes with it.</summary>
internal sealed class RegistryProcess : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-registry-").FullName;
    private readonly HttpClient _http = new();
    private Process? _process;

    public string Address { get; private set; } = "";

    public string Url => $"http://{Address}";

    /// <summary>One that wants the user "reader" with the password "open sesame" for everything.</summary>
    public static Task<RegistryProcess> StartPrivateAsync() => StartAsync(locked: true, null);

    /// <summary>One that takes this server's tokens.</summary>
    public static Task<RegistryProcess> StartAsync(TokenServer tokens) => StartAsync(locked: false, tokens);

    public static Task<RegistryProcess> StartAsync() => StartAsync(locked: false, null);

    private static async Task<RegistryProcess> StartAsync(bool locked, TokenServer? tokens)
    {
        var registry = new RegistryProcess { Address = $"127.0.0.1:{LoopbackPorts.Take()}" };
        File.WriteAllText(Path.Combine(registry._folder, "config.yml"), $"""
            version: 0.1
            log: {"{"} level: error {"}"}
            storage: {"{"} filesystem: {"{"} rootdirectory: {registry._folder}/store {"}"} {"}"}
            http: {"{"} addr: {registry.Address} {"}"}
            {(locked ? $"auth: {{ htpasswd: {{ realm: lab, path: {registry._folder}/htpasswd }} }}" : tokens is not null ? $"auth: {{ token: {{ {tokens.ConfigIn(registry._folder)} }} }}" : "")}
            """);
        if (locked)
        {
            File.WriteAllText(Path.Combine(registry._folder, "htpasswd"), "reader:$2y$05$skeinskeinskeinskeineu5z.CFvvPzUXjkB5L6hy4PT.dhP6hSry\n");
            registry._http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("reader:open sesame"u8));
        }
        registry._process = Process.Start(new ProcessStartInfo(
            "sh", ["-c", $"exec docker-registry serve {registry._folder}/config.yml >{registry._folder}/log 2>&1"]))!;
        try
        {
            await registry.WaitUntilServingAsync();
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    public async Task PushAsync(string repository, string tag, TestImage image)
    {
        foreach (var (digest, bytes) in image.Blobs) await PushBlobAsync(repository, digest, bytes);
        foreach (var document in image.Children) await PushManifestAsync(repository, document.Digest, document);
        await PushManifestAsync(repository, tag, image.Target);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private async Task PushBlobAsync(string repository, string digest, byte[] bytes)
    {
        using var begun = (await _http.PostAsync($"{Url}/v2/{repository}/blobs/uploads/", null)).EnsureSuccessStatusCode();
        var location = new Uri(new Uri(Url), begun.Headers.Location!);
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var separator = location.Query.Length > 0 ? '&' : '?';
        using var put = await _http.PutAsync($"{location}{separator}digest={digest}", content);
        put.EnsureSuccessStatusCode();
    }

    private async Task PushManifestAsync(string repository, string name, TestDocument document)
    {
        var content = new ByteArrayContent(document.Bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(document.MediaType);
        using var put = await _http.PutAsync($"{Url}/v2/{repository}/manifests/{name}", content);
        Xunit.Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
    }

    private Task WaitUntilServingAsync() => Poll.UntilAsync($"docker-registry answers at {Url}", TryAsync, refused => refused is null);

    private async Task<string?> TryAsync()
    {
        // Another's answer must not be taken for its own, where that one has the port.
        if (_process!.HasExited) throw new InvalidOperationException($"docker-registry has ended: {Log}");
        try
        {
            using var answer = await _http.GetAsync($"{Url}/v2/");
            return null;
        }
        catch (HttpRequestException error)
        {
            return $"{error.Message}\n{Log}";
        }
    }

    // The shell makes it, a moment after its start.
    private string Log => File.Exists(_folder + "/log") ? File.ReadAllText(_folder + "/log") : "";
}
