using System.Text.RegularExpressions;

namespace Skein.Model.Validation;

/// <summary>
/// Placeholders of hostname, environment and mounts, before there is a task to expand them for: one that means nothing would
/// fail every task of the service.
/// </summary>
public static partial class TemplateValidation
{
    /// <summary>What a placeholder may stand for, but for `index .Service.Labels "key"`.</summary>
    public static readonly IReadOnlyList<string> Fields =
    [
        ".Service.ID", ".Service.Name", ".Service.Labels",
        ".Node.ID", ".Node.Hostname", ".Node.Platform.OS", ".Node.Platform.Architecture",
        ".Task.ID", ".Task.Name", ".Task.Slot",
    ];

    public static void Check(ContainerSpec spec)
    {
        if (Mistake(spec.Hostname) is { } hostname) throw RpcError.InvalidArgument($"expanding hostname failed: {hostname}");
        foreach (var mount in spec.Mounts)
        {
            if (Mistake(mount.Source) is { } source)
                throw RpcError.InvalidArgument($"expanding mounts failed: expanding mount source \"{mount.Source}\": {source}");
            if (Mistake(mount.Target) is { } target)
                throw RpcError.InvalidArgument($"expanding mounts failed: expanding mount target \"{mount.Target}\": {target}");
        }
        foreach (var variable in spec.Env)
        {
            if (Mistake(variable) is { } wrong) throw RpcError.InvalidArgument($"expanding env failed: expanding env \"{variable}\": {wrong}");
        }
    }

    private static string? Mistake(string text)
    {
        for (var from = 0; text.IndexOf("{{", from, StringComparison.Ordinal) is >= 0 and var open;)
        {
            var placeholder = Placeholder().Match(text, open);
            if (!placeholder.Success) return "template: expansion:1: unclosed action";
            var expression = placeholder.Groups["expression"];
            if (!Fields.Contains(expression.Value) && !LabelIndex().IsMatch(expression.Value)) return Unknown(expression);
            from = open + placeholder.Length;
        }
        return null;
    }

    // Go's words where the first field is unknown; deeper down it prints its structs, which helps nobody.
    private static string Unknown(Group expression)
    {
        var at = $"template: expansion:1:{expression.Index}: executing \"expansion\" at <{expression.Value}>: can't evaluate";
        return SingleField().IsMatch(expression.Value) ? $"{at} field {expression.Value[1..]} in type *template.Context" : at;
    }

    [GeneratedRegex(@"\G\{\{-?\s*(?<expression>.*?)\s*-?\}\}", RegexOptions.Singleline)]
    private static partial Regex Placeholder();

    [GeneratedRegex("""^index\s+\.Service\.Labels\s+"[^"]*"$""")]
    private static partial Regex LabelIndex();

    [GeneratedRegex(@"^\.\w+$")]
    private static partial Regex SingleField();
}
