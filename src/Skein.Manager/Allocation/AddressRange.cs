namespace Skein.Manager.Allocation;

/// <summary>The addresses of one IPAM entry that may be given out, and which of them are held.</summary>
/// <remarks>
/// An address just freed may still be in neighbours' caches and in connections: it is given again as late as possible. There is no
/// counter to go wrong: the next one is the one after the highest that any object in the store bears, ended tasks included; when
/// the range is used up, the lowest that nobody bears; at last the lowest that nobody holds.
/// </remarks>
internal sealed class AddressRange
{
    private readonly Subnet _subnet;
    private readonly UInt128 _first;
    private readonly UInt128 _last;
    private readonly HashSet<UInt128> _held = [];
    private readonly HashSet<UInt128> _borne = [];
    private UInt128 _next;
    private UInt128 _unborne;
    private UInt128 _unheld;

    /// <param name="from">What tasks get addresses from: the subnet or a part of it.</param>
    public AddressRange(Subnet subnet, Subnet from)
    {
        _subnet = subnet;
        _first = from.First;
        _last = from.Last;
        // Network address and broadcast, where the subnet has room for them.
        if (!subnet.IsIPv6 && subnet.Length < 31) _held.Add(subnet.Last);
        if (subnet.Length < subnet.Bits - 1) _held.Add(subnet.First);
        _next = _unborne = _unheld = _first;
    }

    public bool IsIPv6 => _subnet.IsIPv6;

    public bool Contains(UInt128 number, bool isIPv6) => _subnet.Contains(number, isIPv6);

    public void Reserve(UInt128 number) => _held.Add(number);

    /// <summary>An owner in the store bears this address; it holds it unless it has ended.</summary>
    public void Bear(UInt128 number, bool holds)
    {
        if (holds) _held.Add(number);
        _borne.Add(number);
        if (number >= _next && number <= _last) _next = number + 1;
    }

    public void Release(UInt128 number) => _held.Remove(number);

    /// <summary>With the subnet's prefix length; null when the range is used up.</summary>
    public string? Take()
    {
        if (Find(ref _next, alsoBorne: true, out var number) || Find(ref _unborne, alsoBorne: false, out number)
            || Find(ref _unheld, alsoBorne: true, out number))
        {
            _held.Add(number);
            _borne.Add(number);
            return _subnet.Cidr(number);
        }
        return null;
    }

    /// <summary>With the subnet's prefix length; null when it is held.</summary>
    public string? TakeThis(UInt128 number)
    {
        if (!_held.Add(number)) return null;
        Bear(number, holds: true);
        return _subnet.Cidr(number);
    }

    private bool Find(ref UInt128 from, bool alsoBorne, out UInt128 found)
    {
        for (; from >= _first && from <= _last; from++)
        {
            if (_held.Contains(from) || (!alsoBorne && _borne.Contains(from))) continue;
            found = from++;
            return true;
        }
        found = 0;
        return false;
    }
}
