using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Allocation;
using Skein.Manager.Drafts;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Manager.Control;

public sealed partial class SwarmControl
{
    public async Task<Service> CreateServiceAsync(ServiceSpec spec, CancellationToken cancel)
    {
        ServiceSpecValidation.Check(spec);
        var id = ids.NewId();
        var after = await WriteAsync(seen => CreateService(seen, id, spec), cancel);
        return after.Services.Find(id) ?? throw SkeinException.NotFound($"service {id} not found");
    }

    public async Task<Service> UpdateServiceAsync(
        string id, ulong version, ServiceSpec spec, RegistryAuthSource auth, bool rollback, CancellationToken cancel)
    {
        if (!rollback) ServiceSpecValidation.Check(spec);
        var found = Find(ObjectKind.Service, id).Id;
        var after = await WriteAsync(seen => UpdateService(seen, found, version, spec, auth, rollback), cancel);
        return after.Services.Find(found) ?? throw RpcError.NotFound($"service {found} not found");
    }

    public async Task RemoveServiceAsync(string id, CancellationToken cancel)
    {
        var found = Find(ObjectKind.Service, id).Id;
        await DeleteAsync(
            $"service {found}",
            seen => seen.Services.Find(found),
            (_, _) =>
            {
                var changes = new Changes();
                changes.Delete(ObjectKind.Service, found);
                return changes;
            },
            cancel);
    }

    private Changes CreateService(Snapshot seen, string id, ServiceSpec given)
    {
        if (seen.Services.Find(id) is not null) return new();   // made by an earlier attempt, whose answer was lost
        var spec = WithNetworkIds(seen, given);
        PublishedPorts.CheckFree(seen, spec, ownServiceId: "");
        DependencyUse.CheckPresent(seen, spec);
        CheckIngressPresent(seen, spec);
        if (seen.Services.All.Any(s => SameName(s.Spec.Annotations, spec.Annotations)))
            throw RpcError.AlreadyExists($"name conflicts with an existing object: service {spec.Annotations.Name} already exists");
        var changes = new Changes();
        changes.Put(BirthAllocation.Of(seen, new Service { Id = id, Meta = Created(), Spec = spec, SpecVersion = 1, JobStatus = JobOf(seen, spec, iteration: 0) }, time.GetUtcNow(), ids));
        AllocationFence.Raise(seen, changes);
        return changes;
    }

    private Changes UpdateService(Snapshot seen, string id, ulong version, ServiceSpec given, RegistryAuthSource auth, bool rollback)
    {
        var current = seen.Services.Find(id) ?? throw RpcError.NotFound($"service {id} not found");
        // Docker's order: a change that is not allowed is refused as such even when the version is old.
        var next = rollback ? RolledBack(seen, current) : Updated(seen, current, given, auth);
        CheckVersion(current.Meta, version);
        CheckIngressPresent(seen, next.Spec);
        DependencyUse.CheckPresent(seen, next.Spec);
        next.JobStatus = JobOf(seen, next.Spec, (current.JobStatus?.Iteration ?? 0) + 1);
        next.UpdateStatus = next.JobStatus is not null ? null
            : rollback ? UpdateBirth.Begun(seen, UpdateState.RollbackStarted, "manually requested rollback", time.GetUtcNow())
            : UpdateBirth.Of(seen, next, time.GetUtcNow());
        next.Meta = Touched(current.Meta);
        var changes = new Changes();
        changes.Put(BirthAllocation.Of(seen, next, time.GetUtcNow(), ids));
        AllocationFence.Raise(seen, changes);
        return changes;
    }

    /// <summary>A job runs when it is made, and again with each update.</summary>
    private JobStatus? JobOf(Snapshot seen, ServiceSpec spec, ulong iteration) => spec.IsJob()
        ? new() { Iteration = iteration, LastExecution = time.GetUtcNow().ToTimestamp(), SinceVersion = seen.Revision }
        : null;

    private static Service Updated(Snapshot seen, Service current, ServiceSpec given, RegistryAuthSource auth)
    {
        var spec = WithNetworkIds(seen, given);
        if (auth != RegistryAuthSource.Given) spec.Task.Container.RegistryAuth = AuthOf(current, auth)?.Clone();
        if (spec.ModeCase != current.Spec.ModeCase) throw RpcError.Unimplemented("service mode change is not allowed");
        if (spec.Annotations.Name != current.Spec.Annotations.Name) throw RpcError.Unimplemented("renaming services is not supported");
        if (!Equals(spec.Endpoint, current.Spec.Endpoint)) PublishedPorts.CheckFree(seen, spec, current.Id);

        var next = current.Clone();
        next.PreviousSpec = current.Spec.Clone();
        next.PreviousSpecVersion = current.SpecVersion;
        next.Spec = spec;
        // Tasks are told apart by it, so a number once used must not come again, even after a rollback: the object's own version is new.
        if (!ServiceMeaning.Same(spec.Task, current.Spec.Task) || !ServiceMeaning.Same(spec.Endpoint, current.Spec.Endpoint))
            next.SpecVersion = Math.Max(current.Meta.Version, Math.Max(current.SpecVersion, current.PreviousSpecVersion) + 1);
        return next;
    }

    private static Service RolledBack(Snapshot seen, Service current)
    {
        if (current.PreviousSpec is null) throw RpcError.FailedPrecondition($"service {current.Id} does not have a previous spec");
        if (!Equals(current.PreviousSpec.Endpoint, current.Spec.Endpoint)) PublishedPorts.CheckFree(seen, current.PreviousSpec, current.Id);
        var next = current.Clone();
        next.Spec = current.PreviousSpec.Clone();
        next.SpecVersion = current.PreviousSpecVersion;
        next.PreviousSpec = current.Spec.Clone();
        next.PreviousSpecVersion = current.SpecVersion;
        return next;
    }

    private static RegistryCredentials? AuthOf(Service current, RegistryAuthSource source)
    {
        if (source == RegistryAuthSource.Spec) return current.Spec.Task.Container.RegistryAuth;
        return current.PreviousSpec is { } previous
            ? previous.Task.Container.RegistryAuth
            : throw new SkeinException(ErrorKind.Internal, "service does not have a previous spec");
    }

    /// <summary>Users attach by name; what is stored is the id, so that a network made anew under the name is not mistaken for it.</summary>
    private static ServiceSpec WithNetworkIds(Snapshot seen, ServiceSpec given)
    {
        var spec = given.Clone();
        var attached = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attachment in spec.Task.Networks.ToList())
        {
            var network = NetworkUse.ForService(seen, attachment.Target);
            if (network.Spec.Ingress)
                throw RpcError.InvalidArgument($"Service cannot be explicitly attached to the ingress network \"{network.Spec.Annotations.Name}\"");
            attachment.Target = network.Id;
            // Named twice (by name and by id, say) it is still one leg.
            if (!attached.Add(network.Id)) spec.Task.Networks.Remove(attachment);
        }
        return spec;
    }

    private static void CheckIngressPresent(Snapshot seen, ServiceSpec spec)
    {
        if (NetworkUse.NeedsIngress(spec) && !seen.Networks.All.Any(n => n.Spec.Ingress))
            throw RpcError.FailedPrecondition("service needs ingress network, but no ingress network is present");
    }

    /// <summary>DNS does not tell upper from lower case, nor does swarmkit.</summary>
    private static bool SameName(Annotations? a, Annotations? b) =>
        string.Equals(a?.Name, b?.Name, StringComparison.OrdinalIgnoreCase);
}
