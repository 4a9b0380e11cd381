namespace Skein.Linux.Netlink;

/// <summary>A message from the kernel is not laid out as its header says.</summary>
public sealed class NetlinkFormatException(string message) : FormatException(message);
