namespace Skein.Linux.Iptables;

/// <summary>A rule of iptables-legacy.</summary>
/// <param name="In">As it is written, with a plus sign at its end for any that begins so; empty for any.</param>
/// <param name="Protocol">Its number; 0 for any.</param>
/// <param name="ByAddress">It asks for more of the packet's head than is told here: addresses, fragments, a type of service.</param>
/// <param name="Matches">Those of extensions, in their order.</param>
/// <param name="Target">"ACCEPT", "DROP", "RETURN", an extension's name; a chain's where <paramref name="Jumps"/>; empty for none.</param>
public sealed record LegacyRule(
    string In, bool NotIn, string Out, bool NotOut, int Protocol, bool NotProtocol, bool ByAddress, IReadOnlyList<LegacyMatch> Matches, string Target, bool Jumps, bool Goes);
