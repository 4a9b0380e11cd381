using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>The daemon's `dns`, `dns-search` and `dns-opts`: each is a container's that names none of its kind.</summary>
internal static class DnsDefaults
{
    public static DnsConfig? Merge(DnsConfig? own, DnsConfig? defaults)
    {
        if (own is null || defaults is null) return own ?? defaults;
        var merged = own.Clone();
        if (own.Nameservers.Count == 0) merged.Nameservers.Add(defaults.Nameservers);
        if (own.Search.Count == 0) merged.Search.Add(defaults.Search);
        if (own.Options.Count == 0) merged.Options.Add(defaults.Options);
        return merged;
    }
}
