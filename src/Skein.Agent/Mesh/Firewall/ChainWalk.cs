using System.Text.Json;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>
/// Walks a packet through a base chain and what it jumps to. What drops only sometimes (a list of addresses, a rate) is passed by:
/// the question is what happens to a packet that nobody has said anything special of.
/// </summary>
internal sealed class ChainWalk(IReadOnlyDictionary<string, FirewallChain> chains, PacketNeed packet, Func<FirewallRule, bool> counts)
{
    // The kernel's own limit of jumps is 16.
    private const int Deepest = 16;

    private bool _mayPass;

    public static Passage Of(FirewallChain chain, IReadOnlyDictionary<string, FirewallChain> chains, PacketNeed packet, Func<FirewallRule, bool> counts)
    {
        var walk = new ChainWalk(chains, packet, counts);
        var end = walk.Through(chain, 0) ?? !chain.Drops;
        return end ? Passage.Passes : walk._mayPass ? Passage.Unclear : Passage.Blocked;
    }

    /// <returns>Accepted or dropped; null when the chain's end is reached.</returns>
    private bool? Through(FirewallChain chain, int depth)
    {
        foreach (var rule in chain.Rules.Where(counts))
        {
            var holds = Holds(rule.Expressions);
            if (holds == false) continue;
            var (verdict, target) = RuleVerdict.Of(rule.Expressions, packet);
            switch (verdict)
            {
                case Verdict.Accept when holds == true:
                    return true;
                case Verdict.Accept or Verdict.MayAccept:
                    _mayPass = true;
                    break;
                case Verdict.Drop when holds == true:
                    return false;
                case Verdict.Return:
                    return null;
                case Verdict.Jump or Verdict.Goto when depth < Deepest && chains.TryGetValue(FirewallChain.IdOf(chain.Family, chain.Table, target), out var next):
                    var end = Through(next, depth + 1);
                    if (holds != true) _mayPass |= end == true;
                    else if (end is not null || verdict == Verdict.Goto) return end;
                    break;
                case Verdict.Jump or Verdict.Goto when depth < Deepest:
                    // Not read: nobody knows what it lets pass.
                    _mayPass = true;
                    if (holds == true && verdict == Verdict.Goto) return null;
                    break;
                default:
                    break;
            }
        }
        return null;
    }

    private bool? Holds(JsonElement expressions)
    {
        bool? all = true;
        foreach (var expression in expressions.EnumerateArray())
        {
            var one = RuleMatch.Holds(expression, packet);
            if (one == false) return false;
            all &= one;
        }
        return all;
    }
}
