using Skein.Api.Swarm;
using Skein.Model;

namespace Skein.Api.Containers.Create;

internal static class HealthReader
{
    private const long Least = 1_000_000;   // ns

    public static HealthConfig? Read(ContainerSpecJson.HealthJson? json)
    {
        if (json is null) return null;
        var health = new HealthConfig
        {
            Interval = Duration("Interval", json.Interval),
            Timeout = Duration("Timeout", json.Timeout),
            StartPeriod = Duration("StartPeriod", json.StartPeriod),
            StartInterval = Duration("StartInterval", json.StartInterval),
            Retries = json.Retries is null or >= 0 ? json.Retries ?? 0 : throw SkeinException.Invalid("Retries in Healthcheck cannot be negative"),
        };
        health.Test.AddRange(json.Test ?? []);
        return health;
    }

    private static long Duration(string name, long? nanoseconds) => nanoseconds is null or 0 or >= Least
        ? nanoseconds ?? 0
        : throw SkeinException.Invalid($"{name} in Healthcheck cannot be less than 1ms");
}
