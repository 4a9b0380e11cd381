namespace Skein.Api.Images;

/// <summary>
/// Go's path.Match: * and ? stop at a slash, [a-z] and [^a-z] are classes, a backslash makes the next one literal. A pattern
/// that cannot be read matches nothing. Only the last * is gone back to, so that a pattern costs its length times the text's.
/// </summary>
internal static class PathPattern
{
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (star, resume) = (-1, 0);
        var (p, t) = (0, 0);
        while (t < text.Length || p < pattern.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (++p, t);
                continue;
            }
            if (t < text.Length && TryOne(pattern, ref p, text[t]))
            {
                t++;
                continue;
            }
            if (star < 0 || resume >= text.Length || text[resume] == '/') return false;
            (p, t) = (star, ++resume);
        }
        return true;
    }

    /// <summary>Whether the pattern's next element takes this character; past the element when it does.</summary>
    private static bool TryOne(ReadOnlySpan<char> pattern, ref int at, char c)
    {
        if (at >= pattern.Length) return false;
        switch (pattern[at])
        {
            case '?':
                at++;
                return c != '/';
            case '[':
                return TryClass(pattern, ref at, c);
            case '\\' when at + 1 < pattern.Length:
                at += 2;
                return pattern[at - 1] == c;
            default:
                return pattern[at++] == c;
        }
    }

    private static bool TryClass(ReadOnlySpan<char> pattern, ref int at, char c)
    {
        var next = at + 1;
        var negated = next < pattern.Length && pattern[next] == '^';
        if (negated) next++;
        var (found, first) = (false, next);
        while (next < pattern.Length && (pattern[next] != ']' || next == first))
        {
            var low = Literal(pattern, ref next);
            var high = low;
            if (next + 1 < pattern.Length && pattern[next] == '-')
            {
                next++;
                high = Literal(pattern, ref next);
            }
            found |= low <= c && c <= high;
        }
        at = next + 1;
        return next < pattern.Length && found != negated && c != '/';
    }

    private static char Literal(ReadOnlySpan<char> pattern, ref int at)
    {
        if (pattern[at] == '\\' && at + 1 < pattern.Length) at++;
        return pattern[at++];
    }
}
