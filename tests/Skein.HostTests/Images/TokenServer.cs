using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Skein.HostTests.Images;

/// <summary>Gives the user "writer" with the password "open sesame" a token for whatever he asks, and others one for nothing.</summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private const string Service = "lab";
    private const string Issuer = "lab-tokens";

    private readonly HttpListener _listener = new();
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    public TokenServer()
    {
        _certificate = new CertificateRequest("CN=tokens", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        Url = $"http://127.0.0.1:{LoopbackPorts.Take()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>Seconds that a token is good for.</summary>
    public int Lifetime { get; set; } = 60;

    /// <summary>What was asked for: the scopes of each token.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public string ConfigIn(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "tokens.pem"), _certificate.ExportCertificatePem());
        return $"realm: \"{Url}token\", service: {Service}, issuer: {Issuer}, rootcertbundle: {folder}/tokens.pem";
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _certificate.Dispose();
        _key.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var scopes = context.Request.QueryString.GetValues("scope") ?? [];
        Asked.Enqueue(string.Join(' ', scopes));
        var known = context.Request.Headers["Authorization"] == "Basic " + Convert.ToBase64String("writer:open sesame"u8);
        var body = JsonSerializer.SerializeToUtf8Bytes(new { token = Token(known ? scopes : []), expires_in = Lifetime });
        context.Response.ContentType = "application/json";
        context.Response.OutputStream.Write(body);
        context.Response.Close();
    }

    private string Token(string[] scopes)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = new { typ = "JWT", alg = "RS256", x5c = new[] { Convert.ToBase64String(_certificate.RawData) } };
        var access = scopes.Select(scope => scope.Split(':')).Select(parts => new { type = parts[0], name = parts[1], actions = parts[2].Split(',') });
        var claims = new { iss = Issuer, sub = "writer", aud = Service, exp = now + Lifetime, nbf = now - 60, iat = now, jti = Guid.NewGuid().ToString("N"), access };
        var signed = $"{Encoded(JsonSerializer.SerializeToUtf8Bytes(header))}.{Encoded(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Encoded(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encoded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
