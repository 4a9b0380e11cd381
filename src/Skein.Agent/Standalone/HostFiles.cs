using System.Text;
using Skein.Model;

namespace Skein.Agent.Standalone;

/// <summary>What a container without names of ours reads: the host's resolv.conf and hosts, with what its user adds.</summary>
internal static class HostFiles
{
    /// <param name="host">The host's lines: each kind is its own where the container names none of it.</param>
    public static string ResolvConf(DnsConfig? dns, IReadOnlyList<string> host)
    {
        var text = new StringBuilder();
        Append("nameserver", dns?.Nameservers ?? [], each: true);
        Append("search", [.. (dns?.Search ?? []).Where(domain => domain != ".")], each: false, none: dns?.Search.Contains(".") == true);
        Append("options", dns?.Options ?? [], each: false);
        return text.ToString();

        void Append(string kind, IReadOnlyList<string> own, bool each, bool none = false)
        {
            if (own.Count > 0)
            {
                foreach (var line in each ? own : [string.Join(' ', own)]) text.Append(kind).Append(' ').Append(line).Append('\n');
            }
            else if (!none)
            {
                foreach (var line in host.Where(line => line.StartsWith(kind + ' ', StringComparison.Ordinal) || line.StartsWith(kind + '\t', StringComparison.Ordinal))) text.Append(line).Append('\n');
            }
        }
    }

    /// <param name="extra">"IP name alias…"</param>
    public static string Hosts(IReadOnlyList<string> host, IEnumerable<string> extra) =>
        string.Concat(host.Select(line => line + "\n")) + string.Concat(extra.Select(line => line.Replace(' ', '\t') + "\n"));
}
