namespace Skein.Lab;

/// <summary>The addresses of a lab's LAN. Each lab has a LAN of its own, so all of them use the same.</summary>
internal static class LabLan
{
    public const string Prefix = "192.168.56";

    /// <summary>Gateway and resolver; also the address that clients on the LAN come from.</summary>
    public const string Gateway = Prefix + ".254";

    public const string Registry = Prefix + ".250";

    public const int RegistryPort = 5000;

    /// <summary>The word that `skein lab exec` takes for a computer on the LAN that is no host.</summary>
    public const string ClientName = "lan";

    public const string Bridge = "lan0";
}
