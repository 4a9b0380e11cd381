using System.Text.Json;

namespace Skein.Agent.Mesh.Firewall;

/// <summary>What a rule does with a packet for which it holds.</summary>
internal static class RuleVerdict
{
    /// <returns>With the chain's name for a jump.</returns>
    public static (Verdict Verdict, string Target) Of(JsonElement expressions, PacketNeed packet)
    {
        foreach (var expression in expressions.EnumerateArray())
        {
            var found = One(expression, packet);
            if (found.Verdict != Verdict.None) return found;
        }
        return (Verdict.None, "");
    }

    /// <summary>The chain that the rule jumps or goes to; empty for none.</summary>
    public static string Target(JsonElement expressions)
    {
        foreach (var expression in expressions.EnumerateArray())
        {
            if ((expression.TryGetProperty("jump", out var jump) || expression.TryGetProperty("goto", out jump)) && jump.TryGetProperty("target", out var target)) return target.GetString() ?? "";
        }
        return "";
    }

    private static (Verdict Verdict, string Target) One(JsonElement expression, PacketNeed packet)
    {
        if (expression.TryGetProperty("accept", out _)) return (Verdict.Accept, "");
        if (expression.TryGetProperty("drop", out _) || expression.TryGetProperty("reject", out _)) return (Verdict.Drop, "");
        if (expression.TryGetProperty("return", out _)) return (Verdict.Return, "");
        if (expression.TryGetProperty("jump", out var jump)) return (Verdict.Jump, jump.GetProperty("target").GetString() ?? "");
        if (expression.TryGetProperty("goto", out var to)) return (Verdict.Goto, to.GetProperty("target").GetString() ?? "");
        if (expression.TryGetProperty("vmap", out var map)) return (InMap(map, packet), "");
        return expression.TryGetProperty("xt", out var xt) && xt.ValueKind == JsonValueKind.Object
            && xt.TryGetProperty("name", out var name) && name.GetString() == "REJECT" ? (Verdict.Drop, "") : (Verdict.None, "");
    }

    /// <summary>ct state vmap { established : accept, invalid : drop } says nothing of the first packet; of other maps too little is known.</summary>
    private static Verdict InMap(JsonElement map, PacketNeed packet)
    {
        var ofState = map.GetProperty("key").TryGetProperty("ct", out var ct) && ct.GetProperty("key").GetString() == "state";
        if (!ofState || !map.GetProperty("data").TryGetProperty("set", out var set)) return Verdict.MayAccept;
        foreach (var pair in set.EnumerateArray())
        {
            if (RuleValue.Any(pair[0], value => value.GetString() == "new") != true) continue;
            return One(pair[1], packet).Verdict is var found and not (Verdict.Jump or Verdict.Goto) ? found : Verdict.MayAccept;
        }
        return Verdict.None;
    }
}
