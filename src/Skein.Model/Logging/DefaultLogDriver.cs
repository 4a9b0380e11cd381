namespace Skein.Model.Logging;

/// <summary>A host's log driver, for containers that ask for none. Pure.</summary>
public static class DefaultLogDriver
{
    /// <summary>
    /// As Docker merges the two: who names no driver has the host's, who names the host's own has its options where he has none, and what is
    /// kept beside a driver that sends lines elsewhere is the host's matter with any.
    /// </summary>
    /// <param name="asked">null = nothing.</param>
    /// <param name="host">null = json-file without options.</param>
    public static LogDriver? Merge(LogDriver? asked, LogDriver? host)
    {
        if (host is null) return asked;
        var merged = asked?.Clone() ?? new();
        if (merged.Name.Length == 0) merged.Name = host.Name;
        foreach (var (option, value) in host.Options.Where(o => merged.Name == host.Name || o.Key.StartsWith(LogOptions.CachePrefix, StringComparison.Ordinal)))
            merged.Options.TryAdd(option, value);
        return merged;
    }
}
