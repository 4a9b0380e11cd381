namespace Skein.Model;

/// <summary>Networks that Docker has given a name.</summary>
public static class KnownNetworks
{
    /// <summary>By which a swarm's containers leave their host; its device is called so too.</summary>
    public const string GatewayBridge = "docker_gwbridge";
}
