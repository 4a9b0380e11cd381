namespace Skein.Linux.Netlink;

/// <param name="Mark">0 = not by mark.</param>
public sealed record RuleInfo(uint Priority, uint Mark, uint Mask, uint Table, bool IsIPv6);
