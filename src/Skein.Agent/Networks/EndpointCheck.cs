using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>What of a wish for a leg no driver here knows.</summary>
internal static class EndpointCheck
{
    /// <param name="driver">Of the network, as the refusal names it.</param>
    public static void RequireKnown(StandaloneEndpoint endpoint, string driver)
    {
        if (endpoint.LinkLocalIps.Count > 0) throw SkeinException.NotImplemented($"link-local addresses are not supported by the driver {driver}");
        if (endpoint.DriverOpts.Count > 0) throw SkeinException.NotImplemented($"the option \"{endpoint.DriverOpts.Keys.First()}\" of an endpoint is not supported by the driver {driver}");
    }
}
