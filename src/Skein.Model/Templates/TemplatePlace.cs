namespace Skein.Model.Templates;

/// <summary>Where a node stands, as messages have it: expansion:LINE:COLUMN, the column from 0 and in bytes.</summary>
internal static class TemplatePlace
{
    public static string Of(string name, string text, int position)
    {
        var before = text.AsSpan(0, position);
        return $"{name}:{before.Count('\n') + 1}:{position - before.LastIndexOf('\n') - 1}";
    }
}
