using Skein.Api.Swarm;
using Skein.Model;

namespace Skein.Api.Containers.Create;

internal static class HealthReader
{
    private const long Least = 1_000_000;   // ns

    public static HealthConfig? Read(ContainerSpecJson.HealthJson? json)
    {
        if (ServiceSpecReader.ReadHealth(json) is not { } health) return null;
        Check("Interval", health.Interval);
        Check("Timeout", health.Timeout);
        Check("StartPeriod", health.StartPeriod);
        Check("StartInterval", health.StartInterval);
        if (health.Retries < 0) throw SkeinException.Invalid("Retries in Healthcheck cannot be negative");
        return health;
    }

    private static void Check(string name, long nanoseconds)
    {
        if (nanoseconds is not (0 or >= Least)) throw SkeinException.Invalid($"{name} in Healthcheck cannot be less than 1ms");
    }
}
