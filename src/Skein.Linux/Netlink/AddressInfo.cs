namespace Skein.Linux.Netlink;

public sealed record AddressInfo(int Link, InterfaceAddress Address);
