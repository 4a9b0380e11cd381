using System.Text.RegularExpressions;
using Skein.Model;

namespace Skein.Lab;

/// <summary>A lab's name: it becomes part of the names of namespaces, folders and cgroups.</summary>
internal readonly partial record struct LabName
{
    public static readonly LabName Default = new("");

    private readonly string _value;

    private LabName(string value) => _value = value;

    public static LabName Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Default;
        if (!Allowed().IsMatch(text))
            throw SkeinException.Invalid($"\"{text}\" is no name for a lab: up to 24 lower-case letters, digits and hyphens, a letter or digit first");
        return new LabName(text);
    }

    /// <summary>What everything of this lab is called: skein-lab, or skein-lab-NAME.</summary>
    public override string ToString() => string.IsNullOrEmpty(_value) ? "skein-lab" : "skein-lab-" + _value;

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,23}\z")]
    private static partial Regex Allowed();
}
