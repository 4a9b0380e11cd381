using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Skein.Api;
using Skein.Api.Hijack;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>Where the Engine API is served: unix:///path, for root and who may open the socket, and tcp://ip:port.</summary>
internal static class EngineListeners
{
    private const string Unix = "unix://";
    private const string Tcp = "tcp://";

    /// <summary>Far more than a host's clients have; what forgets to close its own ends by being refused, not by taking the daemon's files.</summary>
    public const int ConnectionsMax = 4096;

    /// <exception cref="SkeinException">One of them is no place to listen at.</exception>
    public static void Check(IReadOnlyList<string> hosts)
    {
        // Without one the web server would take a port of its own choice, open to everyone on the host.
        if (hosts.Count == 0) throw SkeinException.Invalid("no hosts: there must be a place where the API is served");
        foreach (var host in hosts)
        {
            if (host.StartsWith(Tcp, StringComparison.Ordinal)) EndPoint(host);
            else if (!host.StartsWith(Unix + "/", StringComparison.Ordinal))
                throw SkeinException.Invalid($"invalid bind address \"{host}\": it must be unix:///PATH or tcp://IP:PORT");
        }
    }

    public static void Add(KestrelServerOptions kestrel, IReadOnlyList<string> hosts, DockerApi api)
    {
        kestrel.Limits.MinResponseDataRate = null;
        // Filters name what they ask for by id: `docker service ps` of some hundred services is one line of 20 KiB.
        kestrel.Limits.MaxRequestLineSize = HijackedRequest.MaxLineLength;
        kestrel.Limits.MaxRequestHeadersTotalSize = HijackedRequest.MaxHeadersLength;
        // Which host is asked means nothing here: in a whole URL it may be another than in the header, and headers any bytes.
        kestrel.AllowHostHeaderOverride = true;
        kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
        foreach (var host in hosts)
        {
            if (host.StartsWith(Unix, StringComparison.Ordinal)) kestrel.ListenUnixSocket(FreePath(host[Unix.Length..]), Configure);
            else kestrel.Listen(EndPoint(host), Configure);
        }

        void Configure(ListenOptions listener)
        {
            listener.Protocols = HttpProtocols.Http1;
            api.Hijack(listener);
        }
    }

    /// <summary>As Docker's socket: for its owner and its group; null leaves it with the daemon's own.</summary>
    public static void Protect(IReadOnlyList<string> hosts, uint? group)
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        foreach (var path in UnixPaths(hosts))
        {
            // The group first: until the mode is set, no group may write, so none that should not can open it.
            if (group is { } id) FileGroup.Set(path, id);
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>The number of the sockets' group; null when the host lacks the one that nobody asked for.</summary>
    /// <exception cref="SkeinException">The host lacks a group that was asked for: who may command the daemon is not guessed.</exception>
    public static uint? GroupOf(string name) => FileGroup.Find(name)
        ?? (name is "" or DaemonOptions.DefaultGroup ? null : throw SkeinException.Invalid($"group {name} not found"));

    public static IEnumerable<string> UnixPaths(IReadOnlyList<string> hosts) =>
        hosts.Where(host => host.StartsWith(Unix, StringComparison.Ordinal)).Select(host => host[Unix.Length..]);

    /// <summary>A socket that a killed daemon left is replaced; one that is listened at stays its owner's.</summary>
    /// <exception cref="SkeinException">Another program serves there: on a host with Docker, dockerd.</exception>
    public static void RequireFree(IReadOnlyList<string> hosts)
    {
        foreach (var path in UnixPaths(hosts).Where(File.Exists))
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                client.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException)
            {
                continue;
            }
            throw SkeinException.Conflict($"another program serves at {path} (dockerd?): end it, or give Skein another place by \"hosts\"");
        }
    }

    private static string FreePath(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        return path;
    }

    private static IPEndPoint EndPoint(string host) =>
        IPEndPoint.TryParse(host[Tcp.Length..], out var endpoint) && endpoint.Port > 0
            ? endpoint
            : throw SkeinException.Invalid($"invalid bind address \"{host}\": it must be tcp://IP:PORT");
}
