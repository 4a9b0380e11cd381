using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>
/// The secrets and configs that one node has been told in one session: those of its live tasks, and no others.
/// </summary>
internal sealed class NodeDependencies
{
    /// <summary>By id; null for one that the swarm has no more.</summary>
    private readonly Dictionary<string, DependencySpec?> _told = new(StringComparer.Ordinal);
    private bool _hasTold;

    /// <summary>What the node is to be told before its tasks of this moment, in messages that it takes.</summary>
    public IReadOnlyList<Dependencies> Next(Snapshot snapshot, IEnumerable<SwarmTask> tasks)
    {
        var wanted = new Dictionary<string, DependencySpec?>(StringComparer.Ordinal);
        foreach (var spec in tasks.Where(task => !task.IsTerminal() && task.IsWanted()).Select(task => task.Spec.Container))
        {
            foreach (var secret in spec.Secrets) wanted.TryAdd(secret.Id, snapshot.Of(ObjectKind.Secret).Find(secret.Id)?.Spec);
            foreach (var config in spec.Configs) wanted.TryAdd(config.Id, snapshot.Of(ObjectKind.Config).Find(config.Id)?.Spec);
        }
        var parts = new List<Dependencies>();
        var part = new Dependencies { Full = !_hasTold };
        var size = 0;
        foreach (var (id, spec) in wanted.Where(w => !_told.TryGetValue(w.Key, out var told) || !IsSame(told, w.Value)))
        {
            var content = new DependencyContent { Id = id, Data = spec?.Data ?? ByteString.Empty, TemplateDriver = spec?.TemplateDriver ?? "", Missing = spec is null };
            var bytes = content.CalculateSize();
            if (size > 0 && size + bytes > MessageBounds.Enough)
            {
                parts.Add(part);
                (part, size) = (new(), 0);
            }
            part.Put.Add(content);
            size += bytes;
            _told[id] = spec;
        }
        foreach (var id in _told.Keys.Where(id => !wanted.ContainsKey(id)).ToList())
        {
            part.Removed.Add(id);
            _told.Remove(id);
        }
        if (part.Full || part.Put.Count > 0 || part.Removed.Count > 0) parts.Add(part);
        _hasTold = true;
        return parts;
    }

    private static bool IsSame(DependencySpec? a, DependencySpec? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null && a.Data.Equals(b.Data) && a.TemplateDriver == b.TemplateDriver);
}
