namespace Skein.Linux.Nftables;

/// <summary>nftables refused the commands; nothing of them took effect. The message is libnftables' own, with the offending lines.</summary>
public sealed class NftablesException(string message) : IOException(message);
