namespace Skein.Model.Templates;

/// <summary>A function that templates can call. A TemplateException that it throws says why it failed, without saying where.</summary>
public sealed class TemplateFunction
{
    private TemplateFunction(string name, ParameterKind[] parameters, ParameterKind? rest, Func<TemplateValue[], TemplateValue> body)
    {
        Name = name;
        Parameters = parameters;
        Rest = rest;
        Body = body;
    }

    public string Name { get; }

    internal IReadOnlyList<ParameterKind> Parameters { get; }

    /// <summary>Of the arguments beyond the parameters; null: there are none.</summary>
    internal ParameterKind? Rest { get; }

    internal Func<TemplateValue[], TemplateValue> Body { get; }

    /// <summary>name "argument"</summary>
    public static TemplateFunction OfText(string name, Func<string, TemplateValue> body) =>
        new(name, [ParameterKind.Text], null, arguments =>
        {
            try
            {
                return body(GoBytes.ToText(BytesOf(arguments[0])));
            }
            catch (TemplateException e)
            {
                throw new TemplateException(GoBytes.From(e.Message));   // bytes within, as all text
            }
        });

    /// <summary>name "argument" "argument" …</summary>
    internal static TemplateFunction OfTexts(string name, Func<IReadOnlyList<string>, string> body) =>
        new(name, [], ParameterKind.Text, arguments => new TemplateValue.Text(body([.. arguments.Select(BytesOf)])));

    internal static TemplateFunction OfValues(string name, int least, Func<TemplateValue[], TemplateValue> body) =>
        new(name, [.. Enumerable.Repeat(ParameterKind.Any, least)], ParameterKind.Any, body);

    internal static TemplateFunction Of(string name, int count, Func<TemplateValue[], TemplateValue> body) =>
        new(name, [.. Enumerable.Repeat(ParameterKind.Any, count)], null, body);

    internal static TemplateFunction OfFormat(string name, Func<string, TemplateValue[], TemplateValue> body) =>
        new(name, [ParameterKind.Text], ParameterKind.Any, arguments => body(BytesOf(arguments[0]), arguments[1..]));

    private static string BytesOf(TemplateValue value) => ((TemplateValue.Text)value).Bytes;
}
