namespace Skein.Model.Specs;

/// <summary>
/// What a service means where its spec says nothing. Docker stores the spec as it was given and fills these in only
/// when asked to (insertDefaults); the control loops read them.
/// </summary>
public static class ServiceDefaults
{
    public const long StopGracePeriod = 10_000_000_000;
    public const long RestartDelay = 5_000_000_000;
    public const long UpdateMonitor = 5_000_000_000;

    /// <summary>A copy with every default spelt out.</summary>
    public static ServiceSpec Interpolate(ServiceSpec given)
    {
        var spec = given.Clone();
        spec.Task ??= new();
        if (spec.Task.Container is { } container)
        {
            container.StopGracePeriod ??= StopGracePeriod;
            container.DnsConfig ??= new();
        }
        spec.Task.Resources ??= new();
        spec.Task.Restart ??= new();
        spec.Task.Restart.Delay ??= RestartDelay;
        spec.Task.Placement ??= new();
        spec.Update = Interpolate(spec.Update);
        spec.Rollback = Interpolate(spec.Rollback);
        return spec;
    }

    private static UpdateConfig Interpolate(UpdateConfig? update)
    {
        update ??= new() { Parallelism = 1 };
        update.Monitor ??= UpdateMonitor;
        if (update.FailureAction.Length == 0) update.FailureAction = "pause";
        if (update.Order.Length == 0) update.Order = "stop-first";
        return update;
    }
}
