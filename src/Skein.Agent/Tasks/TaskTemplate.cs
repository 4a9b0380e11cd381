using Skein.Model;
using Skein.Model.Templates;

namespace Skein.Agent.Tasks;

/// <summary>What a task's spec, secrets and configs say of the task itself: {{.Task.Slot}}, {{if eq .Node.Hostname "h1"}}…{{end}}.</summary>
internal sealed class TaskTemplate(SwarmTask task, string nodeId, NodeDescription node)
{
    private readonly TemplateContext _context = new()
    {
        ServiceId = task.ServiceId,
        ServiceName = task.ServiceAnnotations?.Name ?? "",
        ServiceLabels = task.ServiceAnnotations?.Labels ?? [],
        NodeId = nodeId,
        NodeHostname = node.Hostname,
        NodeOs = node.Platform?.Os ?? "",
        NodeArchitecture = node.Platform?.Architecture ?? "",
        TaskId = task.Id,
        TaskName = TaskNaming.ContainerName(task),
        TaskSlot = task.Slot > 0 ? $"{task.Slot}" : task.NodeId,
    };

    /// <summary>A copy with every template expanded; SkeinException (InvalidArgument) names one that cannot be.</summary>
    public ContainerSpec Expand(ContainerSpec spec)
    {
        try
        {
            var expanded = ContainerTemplate.Expand(spec, _context);
            expanded.RegistryAuth = null;   // for the pull, and no further: what is made of this lies on the host's disk
            return expanded;
        }
        catch (TemplateException e)
        {
            throw SkeinException.Invalid(e.Message);
        }
    }

    /// <summary>
    /// What a secret or config made with the template driver "golang" holds for this task; SkeinException (InvalidArgument) says why not.
    /// </summary>
    /// <param name="kind">secret or config: messages begin "failed to expand templated KIND ID".</param>
    /// <param name="id">Its id.</param>
    /// <param name="payload">The template; need not be UTF-8.</param>
    /// <param name="env">The task's environment, expanded: {{env "NAME"}}, empty where there is no such variable.</param>
    /// <param name="secret">The raw bytes of the task's secret by the name of its file, null where it has none: {{secret "FILE"}}.</param>
    /// <param name="config">The same of its configs: {{config "FILE"}}.</param>
    public byte[] ExpandPayload(
        string kind, string id, ReadOnlySpan<byte> payload,
        IEnumerable<string> env, Func<string, byte[]?> secret, Func<string, byte[]?> config)
    {
        try
        {
            return GoTemplate.Parse(payload, Env(env), File("secret", secret), File("config", config)).ExecuteToBytes(_context.ForPayload);
        }
        catch (TemplateException e)
        {
            throw SkeinException.Invalid($"failed to expand templated {kind} {id}: {e.Message}");
        }
    }

    private static TemplateFunction Env(IEnumerable<string> env)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in env.Select(variable => variable.Split('=', 2)).Where(parts => parts.Length == 2)) values.TryAdd(variable[0], variable[1]);
        return TemplateFunction.OfText("env", name => TemplateValue.Of(values.GetValueOrDefault(name, "")));
    }

    private static TemplateFunction File(string kind, Func<string, byte[]?> find) => TemplateFunction.OfText(kind, target =>
        find(target) is { } bytes ? TemplateValue.Of(bytes) : throw new TemplateException($"{kind} target {target} not found"));
}
