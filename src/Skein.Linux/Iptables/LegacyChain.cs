namespace Skein.Linux.Iptables;

/// <param name="IsBase">INPUT, FORWARD or OUTPUT; the others are only jumped to.</param>
/// <param name="Drops">Its policy.</param>
public sealed record LegacyChain(string Name, bool IsBase, bool Drops, IReadOnlyList<LegacyRule> Rules);
