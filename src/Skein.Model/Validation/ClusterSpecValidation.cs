namespace Skein.Model.Validation;

public static class ClusterSpecValidation
{
    private const long ShortestCertificateLife = 3_600_000_000_000;

    // Docker takes any: below, every node would be down at once and no manager could beat; above, no timer waits so long.
    private const long ShortestHeartbeat = 100_000_000;
    private const long LongestHeartbeat = 86_400_000_000_000;

    public static void Check(ClusterSpec spec)
    {
        if (spec.Ca is { NodeCertExpiry: not 0 and < ShortestCertificateLife })
            throw RpcError.InvalidArgument("minimum certificate expiry time is: 1h0m0s");
        if (spec.Dispatcher?.HeartbeatPeriod < 0)
            throw RpcError.InvalidArgument("heartbeat time period cannot be a negative duration");
        if (spec.Dispatcher is { HeartbeatPeriod: not 0 and (< ShortestHeartbeat or > LongestHeartbeat) })
            throw RpcError.InvalidArgument("heartbeat time period must be between 100ms and 24h0m0s");
        if (spec.Annotations?.Name != "default") throw SkeinException.Invalid("swarm spec must be named \"default\"");
    }
}
