using System.Net;

namespace Skein.NodeLife;

/// <summary>
/// A host whose address was changed while its daemon was off. Who it is says its certificate; where it is may change: the address that
/// the same device has now is its own. Pure.
/// </summary>
internal static class SwarmMoves
{
    /// <summary>null when none of the host's devices has it, as behind NAT.</summary>
    public static string? DeviceOf(IReadOnlyList<HostAddress> addresses, IPAddress address) =>
        addresses.FirstOrDefault(one => one.Address.Equals(address))?.Device;

    /// <summary>The same where nothing has changed, or where what is there now cannot be told.</summary>
    public static SwarmMemory Moved(SwarmMemory memory, IReadOnlyList<HostAddress> addresses)
    {
        var advertised = Now(memory.AdvertiseAddr, memory.Device, addresses);
        var vtep = Now(memory.Vtep, memory.VtepDevice, addresses);
        if (advertised == memory.AdvertiseAddr && vtep == memory.Vtep) return memory;
        // Who listens at one address listens at the one that it has.
        var listen = memory.Listen.Address.ToString() == memory.AdvertiseAddr ? new IPEndPoint(IPAddress.Parse(advertised), memory.Listen.Port) : memory.Listen;
        return memory with { AdvertiseAddr = advertised, Vtep = vtep, ListenAddr = listen.ToString() };
    }

    private static string Now(string address, string? device, IReadOnlyList<HostAddress> addresses)
    {
        var before = IPAddress.Parse(address);
        if (device is null || addresses.Any(one => one.Address.Equals(before))) return address;
        var there = addresses.Where(one => one.Device == device && one.Address.AddressFamily == before.AddressFamily).ToList();
        return there is [var only] ? only.Address.ToString() : address;
    }
}
