using System.Net.Sockets;
using System.Security.Authentication;

namespace Skein.Agent.Images.Registry;

/// <summary>No answer from a registry; the message is in the words Docker's user knows.</summary>
internal sealed class RegistryUnreachableException(string url, Exception cause, string verb = "Get") : Exception($"{verb} \"{url}\": {Words(new Uri(url), cause)}", cause)
{
    private static string Words(Uri url, Exception cause)
    {
        for (Exception? inner = cause; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery }:
                    return $"dial tcp: lookup {url.Host}: no such host";
                case SocketException socket:
                    return $"dial tcp {url.Authority}: connect: {SocketWords(socket)}";
                case AuthenticationException tls when tls.Message.Contains("frame", StringComparison.Ordinal):
                    return "http: server gave HTTP response to HTTPS client";
                case AuthenticationException tls:
                    return $"tls: failed to verify certificate: {tls.Message}";
                case TimeoutException or OperationCanceledException:
                    return "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)";
            }
        }
        return cause.Message;
    }

    private static string SocketWords(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostUnreachable => "no route to host",
        SocketError.NetworkUnreachable => "network is unreachable",
        SocketError.TimedOut => "i/o timeout",
        SocketError.ConnectionReset => "connection reset by peer",
        _ => error.Message,
    };
}
