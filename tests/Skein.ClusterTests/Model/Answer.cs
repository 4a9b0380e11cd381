namespace Skein.ClusterTests.Model;

/// <param name="Status">0 when there was no answer.</param>
internal sealed record Answer(int Status, string Text)
{
    public override string ToString() => $"{Status} {(Text.Length > 300 ? Text[..300] + "…" : Text)}";
}
