using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>The addresses of one network: per family the first range with room gives.</summary>
internal sealed class AddressPool
{
    private readonly List<AddressRange> _ranges = [];

    public AddressPool(Network network)
    {
        foreach (var ipam in network.Ipam)
        {
            if (!Subnet.TryParse(ipam.Subnet, out var subnet)) continue;
            var range = new AddressRange(subnet, Subnet.TryParse(ipam.IpRange, out var part) ? part : subnet);
            foreach (var reserved in ipam.AuxAddresses.Values.Append(ipam.Gateway))
            {
                if (Subnet.TryParseAddress(reserved, out var number, out _)) range.Reserve(number);
            }
            _ranges.Add(range);
        }
    }

    public void Bear(IEnumerable<string> addresses, bool holds)
    {
        foreach (var address in addresses)
        {
            if (Find(address, out var number) is { } range) range.Bear(number, holds);
        }
    }

    public void Release(IEnumerable<string> addresses)
    {
        foreach (var address in addresses) Find(address, out var number)?.Release(number);
    }

    /// <summary>One address of each family the network has; null, and nothing taken, when one of them is used up.</summary>
    public IReadOnlyList<string>? Take() => Take(_ranges);

    /// <summary>A virtual address is IPv4, as in Docker: the balancers' tables lead no other.</summary>
    public IReadOnlyList<string>? TakeVirtual() => Take(_ranges.Where(r => !r.IsIPv6));

    private IReadOnlyList<string>? Take(IEnumerable<AddressRange> ranges)
    {
        var taken = new List<string>();
        foreach (var family in ranges.GroupBy(r => r.IsIPv6))
        {
            if (family.Select(r => r.Take()).FirstOrDefault(a => a is not null) is { } address)
            {
                taken.Add(address);
                continue;
            }
            Release(taken);
            return null;
        }
        return taken.Count > 0 ? taken : null;
    }

    public bool Owns(IEnumerable<string> addresses)
    {
        var any = false;
        foreach (var address in addresses)
        {
            if (Find(address, out _) is null) return false;
            any = true;
        }
        return any;
    }

    private AddressRange? Find(string address, out UInt128 number) =>
        Subnet.TryParseAddress(address, out var parsed, out var isIPv6) && (number = parsed) >= 0
            ? _ranges.Find(r => r.Contains(parsed, isIPv6))
            : Nothing(out number);

    private static AddressRange? Nothing(out UInt128 number)
    {
        number = 0;
        return null;
    }
}
