using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Skein.Model.Logging;

namespace Skein.Agent.Containers.Logs.Collectors;

/// <summary>A syslog server, by UDP, TCP, TLS or a socket of the host.</summary>
internal sealed class SyslogCollector(SyslogOptions options, string hostname, string tag, TimeProvider time) : ILogCollector
{
    private static readonly string[] s_local = ["/dev/log", "/var/run/syslog", "/var/run/log"];

    private Socket? _socket;
    private SslStream? _tls;

    public async Task ConnectAsync(CancellationToken cancel)
    {
        Dispose();
        try
        {
            _socket = options.Scheme switch
            {
                "" => await OpenLocalAsync(cancel),
                "unix" => await OpenUnixAsync(SocketType.Stream, options.Host, cancel),
                "unixgram" => await OpenUnixAsync(SocketType.Dgram, options.Host, cancel),
                "udp" => await OpenAsync(SocketType.Dgram, ProtocolType.Udp, cancel),
                _ => await OpenAsync(SocketType.Stream, ProtocolType.Tcp, cancel),
            };
            if (options.Scheme == SyslogOptions.Tls) _tls = await SecureAsync(_socket, cancel);
        }
        catch (Exception error) when (error is SocketException or AuthenticationException or IOException or CryptographicException)
        {
            Dispose();
            throw new IOException(Words(error), error);
        }
    }

    public async ValueTask SendAsync(CollectedLine line, CancellationToken cancel)
    {
        // As in Docker: an empty line is none.
        if (line.Text.Length == 0) return;
        if (_socket is not { } socket) throw new IOException("not connected");
        var message = SyslogMessage.Write(line, options, hostname, tag, Environment.ProcessId, time.LocalTimeZone);
        try
        {
            if (_tls is { } tls) await tls.WriteAsync(message, cancel);
            else for (var sent = 0; sent < message.Length;) sent += await socket.SendAsync(message.AsMemory(sent), cancel);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            throw new IOException(Words(error), error);
        }
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket?.Dispose();
        (_tls, _socket) = (null, null);
    }

    private static async Task<Socket> OpenLocalAsync(CancellationToken cancel)
    {
        foreach (var type in new[] { SocketType.Dgram, SocketType.Stream })
        {
            foreach (var path in s_local.Where(File.Exists))
            {
                try
                {
                    return await OpenUnixAsync(type, path, cancel);
                }
                catch (SocketException)
                {
                    // The next may be one.
                }
            }
        }
        throw new IOException("Unix syslog delivery error");
    }

    private static Task<Socket> OpenUnixAsync(SocketType type, string path, CancellationToken cancel) =>
        ConnectAsync(new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), cancel);

    private async Task<Socket> OpenAsync(SocketType type, ProtocolType protocol, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(options.Host, out var literal) ? [literal] : await System.Net.Dns.GetHostAddressesAsync(options.Host, cancel);
        SocketException? refused = null;
        foreach (var address in addresses)
        {
            try
            {
                return await ConnectAsync(new Socket(address.AddressFamily, type, protocol), new IPEndPoint(address, options.Port), cancel);
            }
            catch (SocketException error)
            {
                refused = error;
            }
        }
        throw refused ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<Socket> ConnectAsync(Socket socket, EndPoint place, CancellationToken cancel)
    {
        try
        {
            await socket.ConnectAsync(place, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<SslStream> SecureAsync(Socket socket, CancellationToken cancel)
    {
        var stream = new SslStream(new NetworkStream(socket));
        try
        {
            var client = new SslClientAuthenticationOptions { TargetHost = options.Host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
            if (options.CertificateFile.Length > 0) client.ClientCertificates = [X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile)];
            if (options.SkipsVerification) client.RemoteCertificateValidationCallback = (_, _, _, _) => true;
            else if (options.CaFile.Length > 0) client.CertificateChainPolicy = OwnRoots();
            await stream.AuthenticateAsClientAsync(client, cancel);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private X509ChainPolicy OwnRoots()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(options.CaFile);
        return policy;
    }

    /// <summary>Go's: "dial tcp 192.0.2.1:514: connect: connection refused".</summary>
    private string Words(Exception error)
    {
        var place = options.Scheme switch
        {
            "" => "",
            "unix" or "unixgram" => $"dial {options.Scheme} {options.Host}: ",
            _ => $"dial {options.Scheme.Split('+')[0]} {(options.Host.Contains(':', StringComparison.Ordinal) ? $"[{options.Host}]" : options.Host)}:{options.Port}: ",
        };
        return error is not SocketException socket ? place + error.Message : place + socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connect: connection refused",
            SocketError.HostUnreachable => "connect: no route to host",
            SocketError.NetworkUnreachable => "connect: network is unreachable",
            SocketError.TimedOut => "i/o timeout",
            SocketError.HostNotFound or SocketError.NoData => $"lookup {options.Host}: no such host",
            SocketError.ConnectionReset or SocketError.Shutdown => "write: broken pipe",
            _ when options.Scheme.StartsWith("unix", StringComparison.Ordinal) && !File.Exists(options.Host) => "connect: no such file or directory",
            _ => error.Message,
        };
    }
}
