using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Skein.Agent.Containers;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

/// <summary>Log drivers that send lines elsewhere, each to a real receiver.</summary>
public sealed class LogDriverTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("udp")]
    [InlineData("unixgram")]
    public async Task SyslogGetsADatagramForEachLine(string scheme)
    {
        await using var host = await EngineHost.StartAsync();
        var path = Path.Combine(host.Containerd.Folder, "log");
        using var receiver = scheme == "udp"
            ? Bound(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, 0))
            : Bound(AddressFamily.Unix, new UnixDomainSocketEndPoint(path));
        var address = scheme == "udp" ? $"udp://127.0.0.1:{((IPEndPoint)receiver.LocalEndPoint!).Port}" : $"unixgram://{path}";

        var id = await host.RunAsync(Talking("talker", "echo out; echo; echo err >&2", ("syslog-address", address), ("tag", "{{.Name}}"), ("syslog-facility", "local0"), ("syslog-format", "rfc3164")));
        Assert.Equal(0, await host.WaitAsync(id));

        string[] got = [await ReceiveAsync(receiver), await ReceiveAsync(receiver)];
        // Of two streams neither is first.
        Assert.Matches($"^<131>[A-Z][a-z]{{2}} [ 0-9]\\d [0-9:]{{8}} {Environment.MachineName} talker\\[{Environment.ProcessId}\\]: err\n$", got.Single(line => line.Contains("err", StringComparison.Ordinal)));
        Assert.Matches("^<134>.* talker\\[[0-9]+\\]: out\n$", got.Single(line => line.Contains("out", StringComparison.Ordinal)));
        // Docker keeps them to be read by `docker logs` since 20.10.
        Assert.Equal("out\n\n", await host.LogsAsync(id, new LogQuery(true, false, false, null, null, null)));
    }

    [Fact]
    public async Task ATcpServerThatComesBackGetsWhatIsSaidThen()
    {
        await using var host = await EngineHost.StartAsync();
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var id = await host.RunAsync(Talking("talker", "while read line; do echo $line; done", ("syslog-address", $"tcp://127.0.0.1:{port}")));
        using (var first = await listener.AcceptTcpClientAsync().WaitAsync(s_patience))
        {
            await host.TellAsync(id, "one\n");
            Assert.EndsWith($"{id[..12]}[{Environment.ProcessId}]: one", await Lines(first.GetStream()).ReadLineAsync().WaitAsync(s_patience));
        }
        // The daemon too comes back, and the container has run on.
        await host.RestartEngineAsync();
        var accepting = listener.AcceptTcpClientAsync();
        await host.TellAsync(id, "two\n");
        using var second = await accepting.WaitAsync(s_patience);
        Assert.EndsWith("two", await Lines(second.GetStream()).ReadLineAsync().WaitAsync(s_patience));
        listener.Stop();
        await host.WaitForLogAsync(id, "two");

        var refusal = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(Talking("late", "true", ("syslog-address", $"tcp://127.0.0.1:{port}"))));
        Assert.Equal($"failed to create task for container: failed to initialize logging driver: dial tcp 127.0.0.1:{port}: connect: connection refused", refusal.Message);
    }

    [Fact]
    public async Task TlsIsCheckedAgainstTheGivenAuthority()
    {
        await using var host = await EngineHost.StartAsync();
        var (authority, server) = Certificates();
        var ca = Path.Combine(host.Containerd.Folder, "ca.pem");
        File.WriteAllText(ca, authority.ExportCertificatePem());
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"tcp+tls://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        var said = ServeAsync();
        var id = await host.RunAsync(Talking("talker", "echo hidden", ("syslog-address", address), ("syslog-tls-ca-cert", ca), ("syslog-format", "rfc5424"), ("tag", "t")));
        Assert.Equal(0, await host.WaitAsync(id));
        Assert.Matches("^[0-9]+ <30>1 [0-9T:+Z-]+ [^ ]+ t [0-9]+ t - hidden$", await said.WaitAsync(s_patience));

        // No authority of the host's vouches for it.
        _ = ServeAsync();
        var refusal = await Assert.ThrowsAsync<SkeinException>(() => host.RunAsync(Talking("trusting", "true", ("syslog-address", address))));
        Assert.Contains("failed to initialize logging driver: dial tcp 127.0.0.1:", refusal.Message, StringComparison.Ordinal);
        listener.Stop();

        async Task<string?> ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(server);
            return await Lines(stream).ReadLineAsync();
        }
    }

    [Fact]
    public async Task AWholeJournaldHasEachLineWithDockersFields()
    {
        const string program = "/usr/lib/systemd/systemd-journald";
        Assert.SkipUnless(File.Exists(program), "no systemd-journald here");
        await using var journal = await Journald.StartAsync(program);
        await using var host = await EngineHost.StartAsync(options => options with { JournalSocket = journal.Socket });
        var definition = new ContainerDefinition(Talking("talker", "echo out; echo err >&2; head -c 40000 /dev/zero | busybox tr '\\0' x; echo", ("tag", "{{.Name}}-tag"), ("labels", "tier")))
        {
            LogDriver = new LogDriver { Name = "journald", Options = { ["tag"] = "{{.Name}}-tag", ["labels"] = "com.tier", ["env"] = "COLOUR" } },
            Labels = { ["com.tier"] = "one" },
        };
        definition.Spec.Env.Add("COLOUR=green");
        var id = await host.RunAsync(definition);
        Assert.Equal(0, await host.WaitAsync(id));

        var entries = await Poll.UntilAsync("five lines are in the journal", () => journal.ReadAsync(id), found => found.Count >= 5);
        var line = entries.Single(entry => Text(entry, "MESSAGE") == "out");
        Assert.Equal(
            (id[..12], "talker", "talker-tag", "talker-tag", BusyboxImages.Name, "one", "green", "6"),
            (Text(line, "CONTAINER_ID"), Text(line, "CONTAINER_NAME"), Text(line, "CONTAINER_TAG"), Text(line, "SYSLOG_IDENTIFIER"), Text(line, "IMAGE_NAME"), Text(line, "COM_TIER"), Text(line, "COLOUR"), Text(line, "PRIORITY")));
        Assert.Equal("3", Text(entries.Single(entry => Text(entry, "MESSAGE") == "err"), "PRIORITY"));
        var pieces = entries.Where(entry => entry.TryGetProperty("CONTAINER_PARTIAL_ID", out _)).OrderBy(entry => Text(entry, "CONTAINER_PARTIAL_ORDINAL")).ToList();
        Assert.Equal(["false", "false", "true"], pieces.Select(entry => Text(entry, "CONTAINER_PARTIAL_LAST")));
        Assert.Single(pieces.Select(entry => Text(entry, "CONTAINER_PARTIAL_ID")).Distinct());
        Assert.Contains("out\n", await host.LogsAsync(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsKeptNowhereIsNotRead()
    {
        await using var host = await EngineHost.StartAsync();
        using var receiver = Bound(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, 0));
        var id = await host.RunAsync(Talking("talker", "echo x", ("syslog-address", $"udp://127.0.0.1:{((IPEndPoint)receiver.LocalEndPoint!).Port}"), ("cache-disabled", "true")));
        await ReceiveAsync(receiver);
        Assert.Equal("configured logging driver does not support reading", (await Assert.ThrowsAsync<SkeinException>(() => host.LogsAsync(id))).Message);
    }

    private static ContainerDefinition Talking(string name, string command, params (string Name, string Value)[] options)
    {
        var definition = EngineHost.Define(name, "sh", "-c", command);
        definition.Spec.OpenStdin = command.Contains("read", StringComparison.Ordinal);
        var driver = new LogDriver { Name = "syslog" };
        foreach (var (option, value) in options) driver.Options[option] = value;
        definition.LogDriver = driver;
        return definition;
    }

    private static Socket Bound(AddressFamily family, EndPoint at)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(at);
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[65536];
        using var limit = new CancellationTokenSource(s_patience);
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer.AsMemory(), limit.Token));
    }

    private static StreamReader Lines(Stream stream) => new(stream);

    private static string? Text(JsonElement entry, string field) => entry.TryGetProperty(field, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.ToString() : null;

    private static (X509Certificate2 Authority, X509Certificate2 Server) Certificates()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test authority", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        var authority = caRequest.CreateSelfSigned(from, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=collector", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, from, until, [1, 2, 3]);
        return (authority, issued.CopyWithPrivateKey(key));
    }

    /// <summary>A journald with a /run of its own.</summary>
    private sealed class Journald : IAsyncDisposable
    {
        private readonly Process _process;

        private Journald(Process process) => _process = process;

        public string Socket => $"/proc/{_process.Id}/root/run/systemd/journal/socket";

        public static async Task<Journald> StartAsync(string program)
        {
            const string setUp = "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal && mount -t tmpfs tmpfs /var/log && exec ";
            var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "sh", "-c", setUp + program])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            var journald = new Journald(process);
            try
            {
                await Poll.UntilAsync("journald listens", () => Task.FromResult(File.Exists(journald.Socket)), there => there);
                return journald;
            }
            catch
            {
                await journald.DisposeAsync();
                throw;
            }
        }

        public async Task<List<JsonElement>> ReadAsync(string container)
        {
            using var reader = Process.Start(new ProcessStartInfo(
                "nsenter", ["--mount", "--target", $"{_process.Id}", "journalctl", "--sync", "--quiet"])
            { RedirectStandardError = true })!;
            await reader.WaitForExitAsync();
            using var listing = Process.Start(new ProcessStartInfo(
                "nsenter", ["--mount", "--target", $"{_process.Id}", "journalctl", "--all", "--quiet", "--output", "json", $"CONTAINER_ID_FULL={container}"])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var text = await listing.StandardOutput.ReadToEndAsync();
            await listing.WaitForExitAsync();
            return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
