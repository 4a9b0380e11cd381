using System.Net;

namespace Skein.Agent.Dns;

/// <summary>All names of one network, and its addresses back to names.</summary>
internal sealed class NetworkNames(string networkName)
{
    private readonly Dictionary<string, List<IPAddress>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<IPAddress, string> _byAddress = [];
    private readonly HashSet<IPAddress> _virtual = [];

    /// <summary>A name may be written with its network behind it, as reverse lookups give it.</summary>
    public string Suffix { get; } = "." + networkName.ToLowerInvariant();

    public void Add(string name, IPAddress address)
    {
        if (name.Length == 0) return;
        var key = name.ToLowerInvariant();
        if (!_byName.TryGetValue(key, out var addresses)) _byName[key] = addresses = [];
        if (!addresses.Contains(address)) addresses.Add(address);
    }

    /// <summary>A service's, which stands for its tasks and stays when they go.</summary>
    public void AddVirtual(IPAddress address) => _virtual.Add(address);

    public bool IsOfTasks(IReadOnlyList<IPAddress> addresses) => !addresses.All(_virtual.Contains);

    public void AddReverse(IPAddress address, string name) => _byAddress.TryAdd(address, name + Suffix);

    public IReadOnlyList<IPAddress>? Find(string name)
    {
        if (_byName.TryGetValue(name, out var addresses)) return addresses;
        return name.EndsWith(Suffix, StringComparison.Ordinal) && _byName.TryGetValue(name[..^Suffix.Length], out addresses)
            ? addresses
            : null;
    }

    public string? Find(IPAddress address) => _byAddress.GetValueOrDefault(address);
}
