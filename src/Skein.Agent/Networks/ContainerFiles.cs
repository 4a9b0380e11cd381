using System.Text;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>What a container reads in /etc/resolv.conf, /etc/hosts and /etc/hostname: Docker's lines.</summary>
internal static class ContainerFiles
{
    private const string ResolverAddress = "127.0.0.11";

    /// <summary>Docker's, where the host has none that a container reaches.</summary>
    private static readonly string[] PublicResolvers = ["8.8.8.8", "8.8.4.4"];

    /// <param name="hostLines">The host's resolv.conf: search domains and options are its, where the container names none.</param>
    /// <param name="alone">On no overlay network: there are no names of ours to ask for, and it asks the servers given to it itself.</param>
    public static string ResolvConf(DnsConfig? dns, IEnumerable<string> hostLines, bool alone = false)
    {
        return ResolvConf(dns, hostLines, alone && dns is { Nameservers.Count: > 0 } ? dns.Nameservers : null);
    }

    /// <summary>Those of a file of the host; none where there is no file, or a link that leads to none.</summary>
    public static string[] LinesOf(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Of a container that asks for no names of ours: the servers given to it, or the host's, but those that only the host reaches.</summary>
    public static string DirectResolvConf(DnsConfig? dns, IReadOnlyCollection<string> hostLines)
    {
        IReadOnlyList<string> own = dns is { Nameservers.Count: > 0 } ? dns.Nameservers : [.. HostResolvers(hostLines)];
        return ResolvConf(dns, hostLines, own.Count > 0 ? own : PublicResolvers);
    }

    private static IEnumerable<string> HostResolvers(IEnumerable<string> hostLines) => hostLines
        .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields is ["nameserver", var server, ..] && System.Net.IPAddress.TryParse(server, out var address) && !System.Net.IPAddress.IsLoopback(address))
        .Select(fields => fields[1]);

    /// <param name="servers">To be asked directly; null = the daemon's resolver.</param>
    private static string ResolvConf(DnsConfig? dns, IEnumerable<string> hostLines, IReadOnlyCollection<string>? servers)
    {
        var direct = servers is not null;
        List<string> search = [.. dns?.Search ?? []], options = [.. dns?.Options ?? []];
        var host = hostLines.Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields.Length > 1).ToList();
        // The last line of its kind counts, as in glibc.
        if (search.Count == 0) search = [.. host.LastOrDefault(fields => fields[0] is "search" or "domain")?.Skip(1) ?? []];
        if (options.Count == 0) options = [.. host.LastOrDefault(fields => fields[0] == "options")?.Skip(1) ?? []];
        // `--dns-search .` means no search at all.
        search.RemoveAll(domain => domain == ".");
        // A name without a dot is a service's: it is asked for as it stands, first of all.
        if (!direct && !options.Exists(option => option.StartsWith("ndots:", StringComparison.Ordinal))) options.Add("ndots:0");
        var text = new StringBuilder();
        foreach (var server in servers ?? [ResolverAddress]) text.Append("nameserver ").Append(server).Append('\n');
        if (search.Count > 0) text.Append("search ").AppendJoin(' ', search).Append('\n');
        if (options.Count > 0) text.Append("options ").AppendJoin(' ', options).Append('\n');
        return text.ToString();
    }

    /// <summary>As a line of the hosts file has it: whole, and without its domain. The host's name may bring one too.</summary>
    public static string NamesOf(string hostname, string domain = "")
    {
        var whole = domain.Length > 0 ? $"{hostname}.{domain}" : hostname;
        return whole.IndexOf('.') is > 0 and var dot ? $"{whole} {whole[..dot]}" : whole;
    }

    /// <param name="names">The container's own (<see cref="NamesOf"/>).</param>
    /// <param name="extra">"IP name alias…"</param>
    /// <param name="addresses">The container's own, by which its names are known.</param>
    public static string Hosts(string names, IEnumerable<string> extra, IEnumerable<string> addresses)
    {
        var text = new StringBuilder(
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
        foreach (var line in extra)
        {
            var space = line.IndexOfAny([' ', '\t']);
            if (space > 0) text.Append(line.AsSpan(0, space)).Append('\t').Append(line.AsSpan(space + 1).Trim()).Append('\n');
        }
        foreach (var address in addresses) text.Append(address).Append('\t').Append(names).Append('\n');
        return text.ToString();
    }
}
