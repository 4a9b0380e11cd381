using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Manager.Allocation;

/// <summary>Gives the legs of users' containers their addresses, in the transaction that makes them. Pure. One is made for one batch of wishes.</summary>
/// <param name="seen">Without what the same batch gives back.</param>
internal sealed class AttachmentAllocation(Snapshot seen)
{
    private readonly AddressBook _book = new(seen);
    private readonly Dictionary<string, HashSet<string>> _macs = new(StringComparer.Ordinal);

    /// <exception cref="SkeinException">In Docker's words, of the kind that the node's user is to be answered with.</exception>
    public ContainerAttachment Make(string nodeId, AttachmentWish wish)
    {
        var network = Find(wish.Network);
        if (!network.Spec.Attachable || network.Spec.Ingress)
            throw Refused(network, RpcError.PermissionDenied($"network {wish.Network} not manually attachable"));
        if (_book.Pool(network.Id) is not { } pool || network.Vni == 0) throw SkeinException.Unavailable($"network {wish.Network} is not allocated yet");
        string[] wished = [.. new[] { wish.Ipv4Address, wish.Ipv6Address }.Where(address => address.Length > 0)];
        var addresses = pool.Take(wished) ?? throw SkeinException.Unavailable($"no available addresses on this network's address pools: {wish.Network} ({network.Id})");
        try
        {
            return Made(nodeId, wish, network, addresses);
        }
        catch
        {
            pool.Release(addresses);
            throw;
        }
    }

    private ContainerAttachment Made(string nodeId, AttachmentWish wish, Network network, IReadOnlyList<string> addresses)
    {
        var leg = new NetworkAttachment { NetworkId = network.Id, Addresses = { addresses }, Mac = MacAddresses.Of(addresses) };
        if (wish.Mac.Length > 0 && wish.Mac != leg.Mac) leg.Mac = Own(network, wish.Mac);
        return new() { Id = IdOf(nodeId, wish.Id), NodeId = nodeId, Leg = leg, Names = { wish.Names }, Idle = wish.Idle };
    }

    public static string IdOf(string nodeId, string wishId) => $"{nodeId}/{wishId}";

    /// <summary>Two with one MAC address would take each other's frames, on every host; those of addresses belong to who has, or will have, the address.</summary>
    private string Own(Network network, string mac)
    {
        if (!_macs.TryGetValue(network.Id, out var taken)) _macs[network.Id] = taken = [.. MacsOn(network.Id)];
        if (MacAddresses.IsOfAnAddress(network, mac) || !taken.Add(mac)) throw new SkeinException(ErrorKind.Forbidden, $"MAC address {mac} is in use on the network {network.Spec.Annotations?.Name}, or is that of one of its addresses");
        return mac;
    }

    private IEnumerable<string> MacsOn(string networkId) => seen.Attachments.All.Where(a => a.Leg.NetworkId == networkId).Select(a => a.Leg.Mac);

    private Network Find(string idOrName) =>
        seen.Networks.Find(idOrName)
        ?? seen.Networks.All.FirstOrDefault(network => network.Spec.Annotations?.Name == idOrName)
        ?? throw SkeinException.NotFound($"network {idOrName} not found");

    private static SkeinException Refused(Network network, SkeinException why) =>
        new(why.Kind, $"Could not attach to network {network.Spec.Annotations?.Name}: {why.Message}");
}
