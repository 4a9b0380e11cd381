using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>
/// The look at legs that stand, the same whoever's container has them: its pin, both ends of its legs, what is inside, kernel parameters. What
/// is not as it was made is put right.
/// </summary>
/// <param name="Sysctls">That the user has named: these are his.</param>
/// <param name="ArrangesItself">What is inside is its own affair, once it has been made.</param>
internal sealed record LegLook(NetworkNamespace Space, IReadOnlyList<LegSpec> Legs, IReadOnlyDictionary<string, string> Sysctls, bool ArrangesItself)
{
    /// <param name="made">The legs as they were wished when they were made, or at the look before: following another MTU is not putting right.</param>
    /// <param name="ports">As read a moment ago, for all containers; null = they are to be read.</param>
    public async Task<LegVerdict> PutRightAsync(LegProgrammer programmer, IEnumerable<LegSpec> made, LegPorts? ports)
    {
        var pinned = Space.EnsurePinned();
        var mtuFollows = !made.Select(leg => leg.Mtu).SequenceEqual(Legs.Select(leg => leg.Mtu));
        var verdict = await Space.RunAsync(() => Inside(programmer, mtuFollows, ports));
        return pinned ? verdict with { PutRight = ["the pin of its namespace", .. verdict.PutRight] } : verdict;
    }

    /// <summary>On a thread inside.</summary>
    private LegVerdict Inside(LegProgrammer programmer, bool mtuFollows, LegPorts? ports)
    {
        using var inside = RtNetlink.OpenHere();
        var sysctls = ArrangesItself ? [] : NamespaceLegs.TuneAgain(Legs, Sysctls);
        var (changes, remade) = programmer.Verify(Space, inside, Legs, !ArrangesItself, mtuFollows, ports);
        var ofLegs = ArrangesItself && !remade ? [] : NamespaceLegs.TuneLegs(Legs, Sysctls);
        // With a leg that is new all that was set on it is.
        return new LegVerdict([.. sysctls, .. changes, .. remade ? [] : ofLegs], remade);
    }
}
