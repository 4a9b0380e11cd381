namespace Skein.Agent.Tar;

/// <param name="Name">As "security.capability", without a zero.</param>
internal readonly record struct TarAttribute(byte[] Name, byte[] Value);
