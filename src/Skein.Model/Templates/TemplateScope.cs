namespace Skein.Model.Templates;

/// <summary>What a tree knows while it is read: templates within it begin afresh.</summary>
internal sealed class TemplateScope
{
    public List<string> Variables { get; } = ["$"];

    public int Ranges { get; set; }

    /// <summary>Where the action at hand began; 0 outside of one.</summary>
    public int ActionLine { get; set; }
}
