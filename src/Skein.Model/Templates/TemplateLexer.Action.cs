namespace Skein.Model.Templates;

/// <summary>Between the delimiters.</summary>
internal sealed partial class TemplateLexer
{
    private const int Nothing = -1;

    private static readonly HashSet<string> Keywords =
        ["block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with"];

    private TemplateToken NextInside()
    {
        _start = _at;
        if (AtRight(_at, out var trims))
        {
            if (_parentheses > 0) return Fail("unclosed left paren");
            return RightDelimiter(trims);
        }
        var rune = Take();
        switch (rune)
        {
            case Nothing: return Fail("unclosed action");
            case ' ' or '\t' or '\r' or '\n': return Space();
            case '=': return Make(TokenKind.Assign);
            case ':': return Take() == '=' ? Make(TokenKind.Declare) : Fail("expected :=");
            case '|': return Make(TokenKind.Pipe);
            case '"': return Quoted('"', TokenKind.Quoted, "unterminated quoted string");
            case '\'': return Quoted('\'', TokenKind.Character, "unterminated character constant");
            case '`': return Raw();
            case '$': return FieldOrVariable(TokenKind.Variable);
            case '.' when _at < text.Length && !char.IsAsciiDigit(text[_at]): return FieldOrVariable(TokenKind.Field);
            case '.' or '+' or '-' or (>= '0' and <= '9'): return Number();
            case '(': return LeftParenthesis();
            case ')': return RightParenthesis();
        }
        if (GoRunes.IsAlphanumeric(rune)) return Word();
        return rune < 0x80 && GoRunes.IsPrintable(rune) ? Make(TokenKind.Other) : Fail($"unrecognized character in action: {GoRunes.Describe(rune)}");
    }

    private TemplateToken RightDelimiter(bool trims)
    {
        if (trims) _start += 2;
        var end = _start + Right.Length;
        Close(trims);
        var next = _at;
        _at = end;
        var token = Make(TokenKind.RightDelimiter);
        _at = next;
        return token;
    }

    // The last space of a run may belong to the delimiter that trims: " -}}".
    private TemplateToken Space()
    {
        while (_at < text.Length && GoRunes.IsSpace(text[_at])) _at++;
        if (AtRight(_at - 1, out var trims) && trims)
        {
            _at--;
            if (_at == _start) return RightDelimiter(true);
        }
        return Make(TokenKind.Space);
    }

    private TemplateToken LeftParenthesis()
    {
        _parentheses++;
        return Make(TokenKind.LeftParenthesis);
    }

    // One too many is the parser's to refuse: no pipeline takes it.
    private TemplateToken RightParenthesis()
    {
        _parentheses--;
        return Make(TokenKind.RightParenthesis);
    }

    private TemplateToken Quoted(char quote, TokenKind kind, string unterminated)
    {
        while (true)
        {
            var rune = Take();
            if (rune == '\\') rune = Take() is var escaped && escaped is Nothing or '\n' ? Nothing : ' ';
            if (rune is Nothing or '\n') return Fail(unterminated);
            if (rune == quote) return Make(kind);
        }
    }

    private TemplateToken Raw()
    {
        var end = text.IndexOf('`', _at);
        if (end < 0) return Fail("unterminated raw quoted string");
        _at = end + 1;
        return Make(TokenKind.Raw);
    }

    private TemplateToken FieldOrVariable(TokenKind kind)
    {
        if (AtTerminator()) return Make(kind == TokenKind.Variable ? kind : TokenKind.Keyword);
        TakeAlphanumerics();
        return AtTerminator() ? Make(kind) : BadCharacter();
    }

    private TemplateToken Word()
    {
        TakeAlphanumerics();
        if (!AtTerminator()) return BadCharacter();
        var word = text[_start.._at];
        if (Keywords.Contains(word)) return Make(TokenKind.Keyword);
        return Make(word is "true" or "false" ? TokenKind.Bool : TokenKind.Identifier);
    }

    private TemplateToken BadCharacter() => Fail($"bad character {GoRunes.Describe(Peek(out _))}");

    private bool AtTerminator() => Peek(out _) is Nothing or ' ' or '\t' or '\r' or '\n' or '.' or ',' or '|' or ':' or '(' or ')' || AtBare(_at);

    private void TakeAlphanumerics()
    {
        while (GoRunes.IsAlphanumeric(Peek(out var width))) _at += width;
    }

    private int Peek(out int width)
    {
        var rune = GoBytes.RuneAt(text, _at, out width);
        return width == 0 ? Nothing : rune;
    }

    private int Take()
    {
        var rune = Peek(out var width);
        _at += width;
        return rune;
    }

    // Not exact, as Go's is not: what passes here and is no number is found when it is read.
    private TemplateToken Number()
    {
        _at = _start;
        if (!TakeNumber()) return Fail($"bad number syntax: {GoQuotes.Quote(text[_start.._at])}");
        if (_at < text.Length && text[_at] is '+' or '-' && (!TakeNumber() || text[_at - 1] != 'i'))
            return Fail($"bad number syntax: {GoQuotes.Quote(text[_start.._at])}");
        return Make(TokenKind.Number);
    }

    private bool TakeNumber()
    {
        Accept("+-");
        var digits = "0123456789_";
        if (Accept("0")) digits = Accept("xX") ? "0123456789abcdefABCDEF_" : Accept("oO") ? "01234567_" : Accept("bB") ? "01_" : digits;
        AcceptAll(digits);
        if (Accept(".")) AcceptAll(digits);
        if ((digits.Length == 11 && Accept("eE")) || (digits.Length == 23 && Accept("pP")))
        {
            Accept("+-");
            AcceptAll("0123456789_");
        }
        Accept("i");
        if (!GoRunes.IsAlphanumeric(Peek(out var width))) return true;
        _at += width;
        return false;
    }

    private bool Accept(string characters)
    {
        if (_at >= text.Length || !characters.Contains(text[_at], StringComparison.Ordinal)) return false;
        _at++;
        return true;
    }

    private void AcceptAll(string characters)
    {
        while (Accept(characters)) { }
    }
}
