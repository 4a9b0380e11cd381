namespace Skein.Model.Templates;

/// <summary>What a template may take: it comes from a stranger, and a manager evaluates it between two other requests.</summary>
internal static class TemplateBounds
{
    /// <summary>Bytes of what a template makes, and of each string on the way there. Docker's largest payload is 1,000 KiB.</summary>
    public const int LargestText = 4 * 1024 * 1024;

    /// <summary>Bytes of all strings made on the way: a variable that doubles itself is over in an instant.</summary>
    public const long LargestSum = 16L * LargestText;

    /// <summary>Nodes evaluated.</summary>
    public const int MostSteps = 1_000_000;

    /// <summary>What a function is given is read, some of it byte by byte: so much of it takes as long as a node.</summary>
    public const int BytesPerStep = 64;

    /// <summary>Parentheses and blocks within one another as they are read. Each takes some frames of the stack.</summary>
    public const int DeepestText = 200;

    /// <summary>Known at a place; each use looks through them.</summary>
    public const int MostVariables = 250;

    /// <summary>Blocks and parentheses as they are evaluated, where a template may call itself.</summary>
    public const int DeepestEvaluation = 1_000;
}
