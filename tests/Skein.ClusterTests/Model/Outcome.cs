namespace Skein.ClusterTests.Model;

/// <summary>What may follow a step.</summary>
/// <param name="Status">Of the answer; 0 where nobody answers.</param>
/// <param name="Text">That the answer contains.</param>
internal sealed record Outcome(World World, int Status, string Text = "")
{
    public bool Allows(Answer answer) => Status == answer.Status && answer.Text.Contains(Text, StringComparison.Ordinal);
}
