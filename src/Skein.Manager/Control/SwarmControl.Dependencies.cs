using Google.Protobuf;
using Skein.Manager.Allocation;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Control;

/// <summary>Secrets and configs, which differ in their bounds and in who sees them.</summary>
public sealed partial class SwarmControl
{
    public async Task<T> CreateAsync<T>(ObjectKind<T> kind, DependencySpec spec, CancellationToken cancel) where T : class, IDependency, IMessage<T>, new()
    {
        DependencyValidation.Check(kind.Name, spec, DependencyUse.MostBytes(kind));
        var created = kind.New(ids.NewId());
        (created.Meta, created.Spec) = (Created(), spec);
        var after = await WriteAsync(
            seen =>
            {
                var changes = new Changes();
                if (seen.Of(kind).Find(created.Id) is not null) return changes;   // made by an earlier attempt, whose answer was lost
                if (seen.Of(kind).All.Any(other => SameName(other.Spec.Annotations, spec.Annotations)))
                    throw RpcError.AlreadyExists($"{kind.Name} {spec.Annotations.Name} already exists");
                changes.Put(created);
                AllocationFence.Raise(seen, changes);
                return changes;
            },
            cancel);
        return after.Of(kind).Find(created.Id) ?? throw RpcError.NotFound($"{kind.Name} {created.Id} not found");
    }

    public async Task<T> UpdateAsync<T>(ObjectKind<T> kind, string id, ulong version, DependencySpec spec, CancellationToken cancel)
        where T : class, IDependency, IMessage<T>, new()
    {
        var found = Find(kind, id).Id;
        var after = await WriteAsync(
            seen =>
            {
                var current = seen.Of(kind).Find(found) ?? throw RpcError.NotFound($"{kind.Name} {found} not found");
                CheckVersion(current.Meta, version);
                if (!IsSameButForLabels(current.Spec, spec)) throw RpcError.InvalidArgument("only updates to Labels are allowed");
                var next = current.Clone();
                next.Meta = Touched(next.Meta!);
                next.Spec.Annotations = spec.Annotations;
                var changes = new Changes();
                changes.Put(next);
                return changes;
            },
            cancel);
        return after.Of(kind).Find(found) ?? throw RpcError.NotFound($"{kind.Name} {found} not found");
    }

    public async Task RemoveAsync<T>(ObjectKind<T> kind, string id, CancellationToken cancel) where T : class, IDependency, IMessage<T>, new()
    {
        var found = Find(kind, id).Id;
        await DeleteAsync(
            $"{kind.Name} {found}",
            seen => seen.Of(kind).Find(found),
            (seen, dependency) =>
            {
                DependencyUse.CheckUnused(seen, kind, dependency);
                var changes = new Changes();
                changes.Delete(kind, found);
                AllocationFence.Raise(seen, changes);
                return changes;
            },
            cancel);
    }

    /// <summary>Content that is not given stays: who reads a secret does not see it.</summary>
    private static bool IsSameButForLabels(DependencySpec current, DependencySpec given) =>
        current.Annotations.Name == given.Annotations?.Name
        && (given.Data.IsEmpty || given.Data.Equals(current.Data))
        && (given.TemplateDriver.Length == 0 || given.TemplateDriver == current.TemplateDriver);
}
