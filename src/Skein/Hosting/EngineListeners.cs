using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Skein.Api;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>Where the Engine API is served: unix:///path, for root and who may open the socket, and tcp://ip:port.</summary>
internal static class EngineListeners
{
    private const string Unix = "unix://";
    private const string Tcp = "tcp://";

    public static void Add(KestrelServerOptions kestrel, IReadOnlyList<string> hosts, DockerApi api)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestBodySize = null;   // an image to be loaded
        foreach (var host in hosts)
        {
            if (host.StartsWith(Unix, StringComparison.Ordinal)) kestrel.ListenUnixSocket(FreePath(host[Unix.Length..]), Configure);
            else if (host.StartsWith(Tcp, StringComparison.Ordinal)) kestrel.Listen(EndPoint(host), Configure);
            else throw SkeinException.Invalid($"invalid bind address \"{host}\": it must begin with unix:// or tcp://");
        }

        void Configure(ListenOptions listener)
        {
            listener.Protocols = HttpProtocols.Http1;
            api.Hijack(listener);
        }
    }

    /// <summary>As Docker's socket: for its owner and its group.</summary>
    public static void Protect(IReadOnlyList<string> hosts)
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        foreach (var host in hosts.Where(host => host.StartsWith(Unix, StringComparison.Ordinal))) File.SetUnixFileMode(host[Unix.Length..], mode);
    }

    private static string FreePath(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);   // of a daemon that was killed: no one else holds the lock by now
        return path;
    }

    private static IPEndPoint EndPoint(string host) =>
        IPEndPoint.TryParse(host[Tcp.Length..], out var endpoint) && endpoint.Port > 0
            ? endpoint
            : throw SkeinException.Invalid($"invalid bind address \"{host}\": it must be tcp://IP:PORT");
}
