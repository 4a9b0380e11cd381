using Google.Protobuf.Collections;

namespace Skein.Model.Templates;

/// <summary>Which texts of a container's spec are templates: values of its environment, mounts and their volumes, and the hostname.</summary>
public static class ContainerTemplate
{
    /// <summary>A copy with all of them expanded; a TemplateException names the first that cannot be, in Docker's order and words.</summary>
    public static ContainerSpec Expand(ContainerSpec spec, TemplateContext context)
    {
        var expanded = spec.Clone();
        var dot = context.ForContainer;
        for (var i = 0; i < expanded.Env.Count; i++) expanded.Env[i] = Variable(expanded.Env[i], dot);
        foreach (var mount in expanded.Mounts) Expand(mount, dot);
        expanded.Hostname = Expand("expanding hostname failed", expanded.Hostname, dot);
        return expanded;
    }

    // What has no = is left as it is: it means a variable to remove.
    private static string Variable(string variable, TemplateValue dot) => variable.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals
        ? variable[..(equals + 1)] + Expand($"expanding env failed: expanding env {GoQuotes.QuoteText(variable)}", variable[(equals + 1)..], dot)
        : variable;

    private static void Expand(Mount mount, TemplateValue dot)
    {
        const string Failed = "expanding mounts failed";
        mount.Source = Expand($"{Failed}: expanding mount source {GoQuotes.QuoteText(mount.Source)}", mount.Source, dot);
        mount.Target = Expand($"{Failed}: expanding mount target {GoQuotes.QuoteText(mount.Target)}", mount.Target, dot);
        Expand($"{Failed}: expanding volume labels", mount.VolumeLabels, dot);
        Expand($"{Failed}: expanding volume driver config", mount.VolumeDriverOptions, dot);
    }

    private static void Expand(string failed, MapField<string, string> map, TemplateValue dot)
    {
        foreach (var (key, value) in map.ToList())
            map[key] = Expand($"{failed}: expanding map entry {GoQuotes.QuoteText(key)}={GoQuotes.QuoteText(value)}", value, dot);
    }

    private static string Expand(string failed, string text, TemplateValue dot)
    {
        if (!text.Contains("{{", StringComparison.Ordinal)) return text;
        try
        {
            return GoTemplate.Parse(text).Execute(dot);
        }
        catch (TemplateException e)
        {
            throw new TemplateException($"{failed}: {e.Message}");
        }
    }
}
