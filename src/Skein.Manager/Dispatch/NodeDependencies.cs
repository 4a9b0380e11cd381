using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Dispatch;

/// <summary>
/// The secrets and configs that one node has been told in one session, and the credentials for images: those of its live tasks, and no
/// others.
/// </summary>
internal sealed class NodeDependencies
{
    /// <summary>null for one that the swarm has no more.</summary>
    private readonly ToldValues<DependencySpec?> _contents = new(IsSame);

    /// <summary>By the task's id.</summary>
    private readonly ToldValues<RegistryCredentials> _credentials = new((a, b) => a.Equals(b));
    private bool _hasTold;

    /// <summary>What the node is to be told before its tasks of this moment, in messages that it takes.</summary>
    public IReadOnlyList<Dependencies> Next(Snapshot snapshot, IEnumerable<SwarmTask> tasks)
    {
        var live = tasks.Where(task => !task.IsTerminal() && task.IsWanted()).ToList();
        var contents = _contents.Next(ContentsOf(snapshot, live));
        var credentials = _credentials.Next(CredentialsOf(live));
        var parts = new DependencyParts(full: !_hasTold);
        foreach (var (id, spec) in contents.Put) parts.Put(ContentOf(id, spec));
        foreach (var (id, registry) in credentials.Put) parts.Put(new TaskCredentials { TaskId = id, Registry = registry });
        parts.Remove(contents.Removed, credentials.Removed);
        _hasTold = true;
        return parts.Finish();
    }

    private static Dictionary<string, DependencySpec?> ContentsOf(Snapshot snapshot, IEnumerable<SwarmTask> live)
    {
        var wanted = new Dictionary<string, DependencySpec?>(StringComparer.Ordinal);
        foreach (var spec in live.Select(task => task.Spec.Container))
        {
            foreach (var secret in spec.Secrets) wanted.TryAdd(secret.Id, snapshot.Of(ObjectKind.Secret).Find(secret.Id)?.Spec);
            foreach (var config in spec.Configs) wanted.TryAdd(config.Id, snapshot.Of(ObjectKind.Config).Find(config.Id)?.Spec);
        }
        return wanted;
    }

    // What is prepared pulls no more: there is no need for its node to know longer.
    private static Dictionary<string, RegistryCredentials> CredentialsOf(IEnumerable<SwarmTask> live) => live
        .Where(task => CredentialsApart.Has(task) && !(task.Status?.State > TaskState.Preparing))
        .ToDictionary(task => task.Id, task => task.Spec.Container.RegistryAuth, StringComparer.Ordinal);

    private static DependencyContent ContentOf(string id, DependencySpec? spec) =>
        new() { Id = id, Data = spec?.Data ?? ByteString.Empty, TemplateDriver = spec?.TemplateDriver ?? "", Missing = spec is null };

    private static bool IsSame(DependencySpec? a, DependencySpec? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null && a.Data.Equals(b.Data) && a.TemplateDriver == b.TemplateDriver);
}
