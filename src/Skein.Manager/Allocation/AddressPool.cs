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

    /// <summary>The address asked for, and of each family that has none asked for any; null, and nothing taken, when one cannot be had.</summary>
    /// <param name="wished">Each in one of the network's subnets.</param>
    /// <exception cref="SkeinException">One asked for is held, or in no subnet; in Docker's words.</exception>
    public IReadOnlyList<string>? Take(IReadOnlyList<string> wished)
    {
        var asked = new List<string>();
        try
        {
            foreach (var address in wished) asked.Add(TakeThis(address));
        }
        catch
        {
            Release(asked);
            throw;
        }
        if (Take(_ranges.Where(r => !wished.Any(address => Subnet.TryParseAddress(address, out _, out var isIPv6) && isIPv6 == r.IsIPv6)), asked.Count > 0) is { } others)
            return [.. asked.Concat(others).OrderBy(address => address.Contains(':'))];
        Release(asked);
        return null;
    }

    private string TakeThis(string address)
    {
        if (Find(address, out var number) is not { } range)
            throw SkeinException.Invalid($"invalid endpoint settings:\nno configured subnet or ip-range contain the IP address {address}");
        return range.TakeThis(number) ?? throw new SkeinException(ErrorKind.Forbidden, "Address already in use");
    }

    /// <summary>A virtual address is IPv4, as in Docker: the balancers' tables lead no other.</summary>
    public IReadOnlyList<string>? TakeVirtual() => Take(_ranges.Where(r => !r.IsIPv6));

    private List<string>? Take(IEnumerable<AddressRange> ranges, bool noneIsEnough = false)
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
        return taken.Count > 0 || noneIsEnough ? taken : null;
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
