using Google.Protobuf;

namespace Skein.Model.Specs;

/// <summary>
/// Whether two specs ask for the same. What is absent, what is there and empty, and the default spelt out are one wish: clients write
/// back what they read with the one or the other, and no task may be replaced for it.
/// </summary>
public static class ServiceMeaning
{
    public static bool Same(TaskSpec? one, TaskSpec? other) => Equals(one, other) || Plain(one).Equals(Plain(other));

    public static bool Same(EndpointSpec? one, EndpointSpec? other) => (one ?? new()).Equals(other ?? new());

    /// <summary>A copy without anything that the absence of it would mean as well.</summary>
    private static TaskSpec Plain(TaskSpec? given)
    {
        var spec = given?.Clone() ?? new();
        if (spec.Container is { } container) MakePlain(container);
        if (spec.Resources is { } resources) MakePlain(resources);
        if (spec.Restart is { } restart) MakePlain(restart);
        spec.Resources = UnlessEmpty(spec.Resources);
        spec.Restart = UnlessEmpty(spec.Restart);
        spec.Placement = UnlessEmpty(spec.Placement);
        spec.LogDriver = UnlessEmpty(spec.LogDriver);
        return spec;
    }

    private static void MakePlain(ContainerSpec container)
    {
        container.Image = Tagged(container.Image);
        if (container.StopGracePeriod == ServiceDefaults.StopGracePeriod) container.StopGracePeriod = null;
        if (container.Init == false) container.Init = null;
        container.DnsConfig = UnlessEmpty(container.DnsConfig);
        container.Healthcheck = UnlessEmpty(container.Healthcheck);
        if (container.Privileges is { } privileges)
        {
            privileges.Selinux = UnlessEmpty(privileges.Selinux);
            privileges.Seccomp = UnlessEmpty(privileges.Seccomp);
            privileges.AppArmor = UnlessEmpty(privileges.AppArmor);
        }
        container.Privileges = UnlessEmpty(container.Privileges);
    }

    private static void MakePlain(ResourceRequirements resources)
    {
        resources.Limits = UnlessEmpty(resources.Limits);
        resources.Reservations = UnlessEmpty(resources.Reservations);
    }

    private static void MakePlain(RestartPolicy restart)
    {
        if (restart.Delay == ServiceDefaults.RestartDelay) restart.Delay = null;
        if (restart.MaxAttempts == 0) restart.MaxAttempts = null;
        if (restart.Window == 0) restart.Window = null;
    }

    // Docker's CLI writes the tag into what it read without one, whatever it was asked to change.
    private static string Tagged(string image) =>
        image.AsSpan(image.LastIndexOf('/') + 1).IndexOfAny(':', '@') < 0 ? image + ":latest" : image;

    private static T? UnlessEmpty<T>(T? message) where T : class, IMessage => message?.CalculateSize() > 0 ? message : null;
}
