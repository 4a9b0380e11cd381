using Google.Protobuf.Collections;

namespace Skein.Model.Specs;

/// <summary>
/// Tasks as they may lie on a node's disk: one that pulls with a registry's credentials keeps empty ones, which say that a manager has to
/// be asked for them.
/// </summary>
public static class CredentialsApart
{
    private static readonly RegistryCredentials Elsewhere = new();

    public static bool Has(SwarmTask task) => task.Spec?.Container?.RegistryAuth is { } credentials && !credentials.Equals(Elsewhere);

    /// <summary>The credentials of this task are told beside it.</summary>
    public static bool AreElsewhere(SwarmTask task) => Elsewhere.Equals(task.Spec?.Container?.RegistryAuth);

    /// <summary>The tasks are shared: those that have credentials are replaced by copies.</summary>
    public static void Take(RepeatedField<SwarmTask> tasks)
    {
        for (var i = 0; i < tasks.Count; i++)
        {
            if (Has(tasks[i])) tasks[i] = Without(tasks[i]);
        }
    }

    private static SwarmTask Without(SwarmTask task)
    {
        var bare = task.Clone();
        bare.Spec.Container.RegistryAuth = new();
        return bare;
    }
}
