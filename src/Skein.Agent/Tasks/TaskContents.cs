using Skein.Agent.Session;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Tasks;

/// <summary>The contents of a task's secrets and configs, as its container shall find them.</summary>
internal sealed class TaskContents(DependencyContents told, SwarmTask task, TaskTemplate template)
{
    private readonly IReadOnlyList<(string Kind, DependencyReference Reference)> _references =
    [
        .. task.Spec.Container.Secrets.Select(secret => ("secret", secret)),
        .. task.Spec.Container.Configs.Select(config => ("config", config)),
    ];

    /// <summary>Waits for a manager to tell them.</summary>
    /// <param name="waiting">Called with why, once, when they are not known yet.</param>
    /// <exception cref="SkeinException">The swarm has one no more.</exception>
    public async Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> GatherAsync(Action<string> waiting, CancellationToken cancel)
    {
        var said = false;
        while (true)
        {
            var (known, changed) = told.Look(_references.Select(r => r.Reference.Id));
            var (kind, unknown) = _references.FirstOrDefault(r => !known.ContainsKey(r.Reference.Id));
            if (unknown is null)
            {
                var env = new Lazy<IEnumerable<string>>(() => template.Expand(task.Spec.Container).Env);
                return known.ToDictionary(content => content.Key, content => Expanded(content.Value, known, env), StringComparer.Ordinal);
            }
            if (!said) waiting($"waiting for a manager to tell the {kind} {unknown.Name}");
            said = true;
            await changed.WaitAsync(cancel);
        }
    }

    private ReadOnlyMemory<byte> Expanded(DependencyContent content, IReadOnlyDictionary<string, DependencyContent> known, Lazy<IEnumerable<string>> env)
    {
        var (kind, reference) = _references.First(r => r.Reference.Id == content.Id);
        if (content.Missing) throw SkeinException.NotFound($"{kind} {reference.Name} not found");
        if (content.TemplateDriver != DependencyValidation.TemplateDriver) return content.Data.Memory;
        return template.ExpandPayload(kind, content.Id, content.Data.Span, env.Value, Raw("secret"), Raw("config"));

        // As it was given: a template in another's template is not expanded.
        Func<string, byte[]?> Raw(string ofKind) => target =>
            _references.FirstOrDefault(r => r.Kind == ofKind && r.Reference.Target == target) is (not null, var other) ? known[other.Id].Data.ToByteArray() : null;
    }
}
