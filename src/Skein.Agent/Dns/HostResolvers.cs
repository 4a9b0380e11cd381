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
            try
            {
                // By the open file: the path is often a link, and a link's own time stays when what it leads to is written.
                using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
                var written = File.GetLastWriteTimeUtc(file);
                if (_snapshot is var snapshot && snapshot.Written == written) return snapshot.Servers;
                using var reader = new StreamReader(new FileStream(file, FileAccess.Read));
                var servers = Parse(reader.ReadToEnd().Split('\n'));
                _snapshot = new Snapshot(written, servers);
                return servers;
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                return [];   // also where a link leads to nothing, as before systemd-resolved has started
            }
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
