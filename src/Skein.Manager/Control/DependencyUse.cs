using Google.Protobuf.Collections;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Control;

/// <summary>Secrets and configs beside the services that refer to them.</summary>
internal static class DependencyUse
{
    /// <summary>bytes; swarmkit's bounds</summary>
    private const int MostOfSecret = 500 << 10;
    private const int MostOfConfig = 1000 << 10;

    public static int MostBytes(ObjectKind kind) => kind == ObjectKind.Secret ? MostOfSecret : MostOfConfig;

    public static RepeatedField<DependencyReference> References(ObjectKind kind, ContainerSpec spec) =>
        kind == ObjectKind.Secret ? spec.Secrets : spec.Configs;

    /// <summary>What the service refers to is there, under the name that it says.</summary>
    public static void CheckPresent(Snapshot seen, ServiceSpec spec)
    {
        CheckPresent(seen, ObjectKind.Secret, spec);
        CheckPresent(seen, ObjectKind.Config, spec);
    }

    public static void CheckUnused(Snapshot seen, ObjectKind kind, IDependency dependency)
    {
        var users = seen.Services.All
            .Where(service => References(kind, service.Spec.Task.Container).Any(reference => reference.Id == dependency.Id))
            .Select(service => service.Spec.Annotations.Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (users.Count > 0)
        {
            var services = users.Count == 1 ? "service" : "services";
            throw RpcError.InvalidArgument($"{kind.Name} '{dependency.Spec.Annotations.Name}' is in use by the following {services}: {string.Join(", ", users)}");
        }
    }

    private static void CheckPresent(Snapshot seen, ObjectKind kind, ServiceSpec spec)
    {
        var missing = References(kind, spec.Task.Container).Where(reference => !IsPresent(seen, kind, reference)).Select(reference => reference.Name).ToList();
        if (missing.Count > 0) throw RpcError.InvalidArgument($"{kind.Name}{(missing.Count > 1 ? "s" : "")} not found: {string.Join(", ", missing)}");
    }

    private static bool IsPresent(Snapshot seen, ObjectKind kind, DependencyReference reference) =>
        seen.Tables[kind.Index].Get(reference.Id) is IDependency found && found.Spec.Annotations.Name == reference.Name;
}
