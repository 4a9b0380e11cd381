namespace Skein.Model.Templates;

/// <summary>
/// Go's text/template, as Docker runs it on what services, secrets and configs hold: `missingkey=error`, its one function `join`, and what
/// the caller adds. Errors are Go's own, and a template ends: <see cref="TemplateBounds"/>.
/// </summary>
public sealed class GoTemplate
{
    /// <summary>Docker gives all its templates this name, and messages show it.</summary>
    private const string Name = "expansion";

    private readonly string _bytes;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<TemplateNode>> _trees;
    private readonly Dictionary<string, TemplateFunction> _functions;

    private GoTemplate(string bytes, IEnumerable<TemplateFunction> functions)
    {
        _bytes = bytes;
        _functions = GoBuiltins.All.Append(Join).Concat(functions).ToDictionary(function => function.Name, StringComparer.Ordinal);
        _trees = new TemplateParser(Name, bytes, _functions).Parse();
    }

    private static TemplateFunction Join { get; } = TemplateFunction.OfTexts("join", texts => texts.Count > 0
        ? string.Join(texts[0], texts.Skip(1))
        : throw new TemplateException("runtime error: slice bounds out of range [1:0]"));

    /// <summary>Reads a template; a TemplateException says what is wrong with it.</summary>
    public static GoTemplate Parse(string text, params IEnumerable<TemplateFunction> functions) => new(GoBytes.From(text), functions);

    /// <summary>The same of bytes, which need not be UTF-8.</summary>
    public static GoTemplate Parse(ReadOnlySpan<byte> text, params IEnumerable<TemplateFunction> functions) => new(GoBytes.From(text), functions);

    /// <summary>What it makes of a value; a TemplateException says why it makes nothing.</summary>
    public string Execute(TemplateValue dot) => GoBytes.ToText(Run(dot));

    public byte[] ExecuteToBytes(TemplateValue dot) => GoBytes.ToArray(Run(dot));

    private string Run(TemplateValue dot) => new TemplateExecution(Name, _bytes, _trees, _functions).Run(dot);
}
