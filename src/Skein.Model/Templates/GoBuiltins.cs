namespace Skein.Model.Templates;

/// <summary>The functions that Go's templates have of themselves. `and` and `or` stand here by name: they evaluate no more than they need.</summary>
internal static class GoBuiltins
{
    public const string And = "and";
    public const string Or = "or";

    public static readonly IReadOnlyList<TemplateFunction> All =
    [
        TemplateFunction.OfValues(And, 1, values => values[^1]),
        TemplateFunction.OfValues(Or, 1, values => values[^1]),
        TemplateFunction.Of("not", 1, values => new TemplateValue.Bool(!values[0].Truth)),
        TemplateFunction.OfValues("eq", 1, values => new TemplateValue.Bool(GoComparison.EqualsAny(values[0], values.AsSpan(1)))),
        TemplateFunction.Of("ne", 2, values => new TemplateValue.Bool(!GoComparison.EqualsAny(values[0], values.AsSpan(1)))),
        TemplateFunction.Of("lt", 2, values => new TemplateValue.Bool(GoComparison.IsLess(values[0], values[1]))),
        TemplateFunction.Of("le", 2, values => new TemplateValue.Bool(GoComparison.IsLessOrEqual(values[0], values[1]))),
        TemplateFunction.Of("gt", 2, values => new TemplateValue.Bool(!GoComparison.IsLessOrEqual(values[0], values[1]))),
        TemplateFunction.Of("ge", 2, values => new TemplateValue.Bool(!GoComparison.IsLess(values[0], values[1]))),
        TemplateFunction.Of("len", 1, values => GoIndexing.Length(values[0])),
        TemplateFunction.OfValues("index", 1, values => GoIndexing.Index(values[0], values.AsSpan(1))),
        TemplateFunction.OfValues("slice", 1, values => GoIndexing.Slice(values[0], values.AsSpan(1))),
        TemplateFunction.OfValues("call", 1, values => throw new TemplateException(
            values[0] is TemplateValue.Nil ? "call of nil" : $"non-function of type {values[0].Type}")),
        TemplateFunction.OfValues("print", 0, values => new TemplateValue.Text(GoPrinter.Print(values))),
        TemplateFunction.OfValues("println", 0, values => new TemplateValue.Text(GoPrinter.PrintLine(values))),
        TemplateFunction.OfFormat("printf", (format, values) => new TemplateValue.Text(GoFormat.Format(format, values))),
        TemplateFunction.OfValues("html", 0, values => new TemplateValue.Text(GoEscapes.Html(GoPrinter.PrintShown(values)))),
        TemplateFunction.OfValues("js", 0, values => new TemplateValue.Text(GoEscapes.Js(GoPrinter.PrintShown(values)))),
        TemplateFunction.OfValues("urlquery", 0, values => new TemplateValue.Text(GoEscapes.UrlQuery(GoPrinter.PrintShown(values)))),
    ];
}
