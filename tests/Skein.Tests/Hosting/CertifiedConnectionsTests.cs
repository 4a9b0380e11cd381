using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Managing;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.Tests.Hosting;

/// <summary>A channel that lasts, as a session's does, while the node's certificate is replaced.</summary>
public sealed class CertifiedConnectionsTests : IAsyncLifetime, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-certified-").FullName;
    private readonly RootAuthority _authority = RootAuthority.Create(TimeProvider.System, new CryptoIdSource());
    private readonly TaskCompletionSource _end = new();
    private WebApplication? _manager;

    public async ValueTask InitializeAsync()
    {
        var identity = new NodeIdentity("/none", Credentials("m1", NodeRole.Manager), TimeProvider.System);
        var builder = BareWeb.Create(NullLoggerFactory.Instance, TimeSpan.FromSeconds(1), kestrel => kestrel.Listen(IPAddress.Loopback, 0, options =>
        {
            options.Protocols = HttpProtocols.Http2;
            options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(identity.ServerOptions()) });
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        _manager = builder.Build();
        _manager.Run(AnswerAsync);
        await _manager.StartAsync();
    }

    public async ValueTask DisposeAsync() => await _manager!.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_call_is_made_with_the_certificate_of_now_and_what_is_open_goes_on()
    {
        var identity = new NodeIdentity(_folder, Credentials("w1", NodeRole.Worker), TimeProvider.System);
        var first = identity.Current.Certificate.SerialNumber;
        using var calls = new HttpMessageInvoker(new CertifiedConnections(identity, connect: null));
        using var session = await CallAsync(calls, "/session");
        using var reader = new StreamReader(await session.Content.ReadAsStreamAsync());
        Assert.Equal(first, await reader.ReadLineAsync());
        Assert.Equal((first, "1"), await SeenAsync(calls));

        identity.Replace(Credentials("w1", NodeRole.Worker));

        var second = identity.Current.Certificate.SerialNumber;
        Assert.NotEqual(first, second);
        Assert.Equal((second, "2"), await SeenAsync(calls));
        identity.Replace(identity.Current.Trusting(_authority.CertificatePem));
        Assert.Equal((second, "2"), await SeenAsync(calls));
        _end.SetResult();
        Assert.Equal("over", await reader.ReadLineAsync());
    }

    /// <summary>The certificate, and which of the manager's connections it came by.</summary>
    private async Task<(string Serial, string Connection)> SeenAsync(HttpMessageInvoker calls)
    {
        using var answer = await CallAsync(calls, "/");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        return (lines[0], lines[1]);
    }

    private Task<HttpResponseMessage> CallAsync(HttpMessageInvoker calls, string path) => calls.SendAsync(
        new(HttpMethod.Post, _manager!.Urls.Single() + path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
        Poll.Soon);

    private readonly List<string> _connections = [];

    private async Task AnswerAsync(HttpContext context)
    {
        if (!_connections.Contains(context.Connection.Id)) _connections.Add(context.Connection.Id);
        await SayAsync(context, context.Connection.ClientCertificate!.SerialNumber);
        if (context.Request.Path == "/session")
        {
            await _end.Task;
            await SayAsync(context, "over");
        }
        else
        {
            await SayAsync(context, $"{_connections.IndexOf(context.Connection.Id) + 1}");
        }
    }

    private static async Task SayAsync(HttpContext context, string line)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
        await context.Response.Body.FlushAsync();
    }

    private NodeCredentials Credentials(string node, NodeRole role)
    {
        var request = CertificateSigningRequest.Create([]);
        return NodeCredentials.Create(
            _authority.Issue(request.Pem, new(node, role, "c1"), TimeSpan.FromDays(1)), request.KeyPem, _authority.CertificatePem);
    }
}
