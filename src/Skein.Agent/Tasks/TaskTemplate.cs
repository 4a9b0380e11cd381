using System.Text.RegularExpressions;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>
/// Placeholders in a task's hostname, environment and mounts: {{.Service.Name}}, {{.Node.Hostname}}, {{.Task.Slot}},
/// {{index .Service.Labels "key"}}. Docker runs Go templates; these are the fields it documents for them.
/// </summary>
internal sealed partial class TaskTemplate(SwarmTask task, string nodeId, NodeDescription node)
{
    /// <summary>A copy with every placeholder replaced; SkeinException (InvalidArgument) names one that means nothing.</summary>
    public ContainerSpec Expand(ContainerSpec spec)
    {
        var expanded = spec.Clone();
        expanded.RegistryAuth = null;   // for the pull, and no further: what is made of this lies on the host's disk
        expanded.Hostname = Expand("hostname", spec.Hostname);
        for (var i = 0; i < expanded.Env.Count; i++) expanded.Env[i] = Expand("env", spec.Env[i]);
        foreach (var mount in expanded.Mounts)
        {
            mount.Source = Expand("mount source", mount.Source);
            mount.Target = Expand("mount target", mount.Target);
        }
        return expanded;
    }

    public string Expand(string field, string text) =>
        text.Contains("{{", StringComparison.Ordinal) ? Placeholder().Replace(text, match => Evaluate(field, match)) : text;

    private string Evaluate(string field, Match placeholder)
    {
        var expression = placeholder.Groups["expression"].Value;
        var index = LabelIndex().Match(expression);
        if (index.Success) return Labels.TryGetValue(index.Groups["key"].Value, out var label) ? label : "";
        return expression switch
        {
            ".Service.ID" => task.ServiceId,
            ".Service.Name" => task.ServiceAnnotations?.Name ?? "",
            ".Service.Labels" => $"map[{string.Join(' ', Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}:{l.Value}"))}]",
            ".Node.ID" => nodeId,
            ".Node.Hostname" => node.Hostname,
            ".Node.Platform.OS" => node.Platform?.Os ?? "",
            ".Node.Platform.Architecture" => node.Platform?.Architecture ?? "",
            ".Task.ID" => task.Id,
            ".Task.Name" => TaskNaming.ContainerName(task),
            ".Task.Slot" => task.Slot > 0 ? $"{task.Slot}" : task.NodeId,
            _ => throw SkeinException.Invalid($"expanding {field} failed: template: expansion: unknown field {placeholder.Value}"),
        };
    }

    private IDictionary<string, string> Labels { get; } = task.ServiceAnnotations is { } service ? service.Labels : new Dictionary<string, string>();

    [GeneratedRegex(@"\{\{-?\s*(?<expression>.*?)\s*-?\}\}", RegexOptions.Singleline)]
    private static partial Regex Placeholder();

    [GeneratedRegex("""^index\s+\.Service\.Labels\s+"(?<key>[^"]*)"$""")]
    private static partial Regex LabelIndex();
}
