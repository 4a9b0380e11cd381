namespace Skein.Model.Templates;

/// <summary>Takes a template apart, one token at a time, so that the first mistake met is the one that is told.</summary>
internal sealed partial class TemplateLexer(string text)
{
    private const string Left = "{{";
    private const string Right = "}}";
    private const string CommentLeft = "/*";
    private const string CommentRight = "*/";
    private static readonly char[] Spaces = [' ', '\t', '\r', '\n'];

    private int _start;
    private int _at;
    private int _line = 1;
    private int _lineAt;
    private int _parentheses;
    private bool _inside;
    private bool _over;

    /// <summary>The next one; after the end or an error always that.</summary>
    public TemplateToken Next()
    {
        if (_over) return Make(TokenKind.End);
        while (true)
        {
            if ((_inside ? NextInside() : NextOutside()) is { } token) return token;
        }
    }

    // null: a comment or nothing at all, and on it goes
    private TemplateToken? NextOutside()
    {
        _start = _at;
        var open = text.IndexOf(Left, _at, StringComparison.Ordinal);
        if (open < 0)
        {
            _at = text.Length;
            if (_at > _start) return Make(TokenKind.Text);
            _over = true;
            return Make(TokenKind.End);
        }
        var end = open;
        if (TrimsLeft(open + Left.Length)) end = _start + text.AsSpan(_start, open - _start).TrimEnd(Spaces).Length;
        if (end > _start)
        {
            _at = end;
            var piece = Make(TokenKind.Text);
            _at = open;
            return piece;
        }
        return Open(open);
    }

    private TemplateToken? Open(int open)
    {
        _start = open;
        _at = open + Left.Length;
        var after = TrimsLeft(_at) ? _at + 2 : _at;
        if (string.CompareOrdinal(text, after, CommentLeft, 0, CommentLeft.Length) == 0) return Comment(after);
        var token = Make(TokenKind.LeftDelimiter);
        _at = after;
        _parentheses = 0;
        _inside = true;
        return token;
    }

    private TemplateToken? Comment(int begin)
    {
        _start = begin;
        _at = begin + CommentLeft.Length;
        var end = text.IndexOf(CommentRight, _at, StringComparison.Ordinal);
        if (end < 0) return Fail("unclosed comment");
        _at = end + CommentRight.Length;
        if (!AtRight(_at, out var trims)) return Fail("comment ends before closing delimiter");
        Close(trims);
        return null;
    }

    private void Close(bool trims)
    {
        _inside = false;
        _at += trims ? 2 + Right.Length : Right.Length;
        if (trims) _at = text.Length - text.AsSpan(_at).TrimStart(Spaces).Length;
    }

    private bool TrimsLeft(int at) => at + 1 < text.Length && text[at] == '-' && GoRunes.IsSpace(text[at + 1]);

    private bool AtRight(int at, out bool trims)
    {
        trims = at + 1 < text.Length && GoRunes.IsSpace(text[at]) && text[at + 1] == '-' && AtBare(at + 2);
        return trims || AtBare(at);
    }

    private bool AtBare(int at) => string.CompareOrdinal(text, at, Right, 0, Right.Length) == 0;

    private TemplateToken Fail(string what)
    {
        _over = true;
        return Make(TokenKind.Error) with { Text = what };
    }

    private TemplateToken Make(TokenKind kind)
    {
        _line += text.AsSpan(_lineAt, _start - _lineAt).Count('\n');
        _lineAt = _start;
        return new TemplateToken(kind, _start, _line, text[_start.._at]);
    }
}
