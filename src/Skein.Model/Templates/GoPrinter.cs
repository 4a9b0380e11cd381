namespace Skein.Model.Templates;

/// <summary>Values as text, as Go's fmt.Print does it.</summary>
internal static class GoPrinter
{
    /// <summary>What an action shows of a value.</summary>
    public static string Show(TemplateValue value) => value switch
    {
        TemplateValue.Text text => text.Bytes,
        TemplateValue.Nil => "<no value>",
        TemplateValue.Struct { IsPointer: true } pointer => Print([pointer with { IsPointer = false }]),
        _ => Print([value]),
    };

    /// <summary>A space stands between two values neither of which is a string.</summary>
    public static string Print(ReadOnlySpan<TemplateValue> values)
    {
        var writer = new GoWriter();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0 && values[i] is not TemplateValue.Text && values[i - 1] is not TemplateValue.Text) writer.Append(" ");
            GoFormatter.Write(writer, values[i], 'v', default, nested: false);
        }
        return writer.ToString();
    }

    /// <summary>The same of what an action would show of each.</summary>
    public static string PrintShown(ReadOnlySpan<TemplateValue> values)
    {
        var shown = values.ToArray();
        for (var i = 0; i < shown.Length; i++)
        {
            if (shown[i] is TemplateValue.Nil) shown[i] = new TemplateValue.Text("<no value>");
            if (shown[i] is TemplateValue.Struct { IsPointer: true } pointer) shown[i] = pointer with { IsPointer = false };
        }
        return Print(shown);
    }

    public static string PrintLine(ReadOnlySpan<TemplateValue> values)
    {
        var writer = new GoWriter();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0) writer.Append(" ");
            GoFormatter.Write(writer, values[i], 'v', default, nested: false);
        }
        writer.Append("\n");
        return writer.ToString();
    }
}
