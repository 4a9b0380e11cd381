using System.Net;

namespace Skein.Agent.Dns;

/// <summary>The nameservers of the host's resolv.conf, read anew when the file changes.</summary>
internal sealed class HostResolvers(string path)
{
    /// <summary>As many as glibc and Docker take.</summary>
    public const int MaxServers = 3;

    private volatile Snapshot _snapshot = new(default, []);

    public IReadOnlyList<IPEndPoint> Current
    {
        get
        {
            var written = File.GetLastWriteTimeUtc(path);   // the year 1601 when there is none
            var snapshot = _snapshot;
            if (snapshot.Written == written) return snapshot.Servers;
            var servers = File.Exists(path) ? Parse(File.ReadLines(path)) : [];
            _snapshot = new Snapshot(written, servers);
            return servers;
        }
    }

    public static IReadOnlyList<IPEndPoint> Parse(IEnumerable<string> lines)
    {
        var servers = new List<IPEndPoint>();
        foreach (var line in lines)
        {
            var fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length >= 2 && fields[0] == "nameserver" && IPAddress.TryParse(fields[1], out var address))
                servers.Add(new IPEndPoint(address, 53));
        }
        return [.. servers.Take(MaxServers)];
    }

    private sealed record Snapshot(DateTime Written, IReadOnlyList<IPEndPoint> Servers);
}
