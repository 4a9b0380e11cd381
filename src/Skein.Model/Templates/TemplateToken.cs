namespace Skein.Model.Templates;

/// <summary>A piece of a template: its bytes, the column it begins in, counted from the template's start, and its line, from 1.</summary>
internal readonly record struct TemplateToken(TokenKind Kind, int Position, int Line, string Text)
{
    private const int Shown = 10;

    public bool Is(string keyword) => Kind == TokenKind.Keyword && Text == keyword;

    /// <summary>As messages show it.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "EOF",
        TokenKind.Error => Text,
        TokenKind.Keyword => $"<{Text}>",
        _ when Text.Length > Shown => GoQuotes.Quote(GoBytes.Truncate(Text, Shown)) + "...",
        _ => GoQuotes.Quote(Text),
    };
}
