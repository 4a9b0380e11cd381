namespace Skein.Agent.Networks;

/// <summary>What a look at legs that stand has come to.</summary>
/// <param name="PutRight">What was not as it had been made; empty when all was.</param>
/// <param name="Remade">A leg had to be made anew: what was programmed by its device has gone with it.</param>
internal sealed record LegVerdict(IReadOnlyList<string> PutRight, bool Remade);
