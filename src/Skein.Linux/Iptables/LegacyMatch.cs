namespace Skein.Linux.Iptables;

/// <param name="Ports">Which destination ports it asks for; null when that is not what it asks, or not all.</param>
public sealed record LegacyMatch(string Name, (int First, int Last)? Ports);
