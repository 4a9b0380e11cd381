using Skein.Linux.Namespaces;

namespace Skein.Agent.Bridges;

/// <summary>Whether bridged frames pass the host's tables.</summary>
internal static class BridgeNetfilter
{
    private const string Switch = "net/bridge/bridge-nf-call-iptables";

    public static bool IsOn(NetworkNamespace host)
    {
        try
        {
            return Sysctl.Get(host, Switch) == "1";
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;   // not loaded
        }
    }
}
