using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using Skein.Linux.Netlink;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Bridges;

/// <summary>One subnet of a bridge.</summary>
/// <param name="Range">Where addresses are chosen from; one that the user names may be any of the subnet's.</param>
/// <param name="Kept">The user's auxiliary addresses, which are other machines'.</param>
internal sealed record BridgePool(IPNetwork Subnet, IPNetwork Range, IPAddress Gateway, ImmutableHashSet<IPAddress> Kept)
{
    public InterfaceAddress Host => new(Gateway, Subnet.PrefixLength);

    public bool IsIPv6 => Subnet.IsIPv6();

    public static BridgePool Of(IpamConfig config)
    {
        if (!NetworkSpecValidation.TryParse(config.Subnet, out var subnet)) throw SkeinException.Invalid($"invalid subnet {config.Subnet}");
        var range = NetworkSpecValidation.TryParse(config.IpRange, out var given) ? given : subnet;
        var kept = config.AuxAddresses.Values.Select(IPAddress.Parse).ToImmutableHashSet();
        var pool = new BridgePool(subnet, range, IPAddress.Any, kept);
        // As in Docker the first of the range, which is not the subnet's first where there is a range of its own.
        var gateway = IPAddress.TryParse(config.Gateway, out var named) ? named : pool.Free(ImmutableHashSet<IPAddress>.Empty)?.Address;
        return pool with { Gateway = gateway ?? throw SkeinException.Unavailable("no available addresses on this pool") };
    }

    /// <summary>The lowest that is free; null when there is none.</summary>
    public InterfaceAddress? Free(IReadOnlySet<IPAddress> used)
    {
        var (first, end) = Bounds();
        for (var number = BigInteger.Max(first, Range.First()); number < BigInteger.Min(end, Range.First() + Range.Size()); number++)
        {
            var address = AddressMath.Address(number, IsIPv6);
            if (!used.Contains(address) && IsFree(address)) return new InterfaceAddress(address, Subnet.PrefixLength);
        }
        return null;
    }

    /// <summary>Whether the address may be a container's, as far as the subnet goes.</summary>
    public bool Takes(IPAddress address)
    {
        var (first, end) = Bounds();
        return Subnet.Contains(address) && AddressMath.Number(address) is var number && number >= first && number < end && IsFree(address);
    }

    private bool IsFree(IPAddress address) => !address.Equals(Gateway) && !Kept.Contains(address);

    /// <summary>Without the network's own address, and IPv4's broadcast; where there are just two, both are hosts (RFC 3021).</summary>
    private (BigInteger First, BigInteger End) Bounds()
    {
        var end = Subnet.First() + Subnet.Size();
        if (Subnet.Size() <= 2) return (Subnet.First(), end);
        return (Subnet.First() + 1, IsIPv6 ? end : end - 1);
    }
}
