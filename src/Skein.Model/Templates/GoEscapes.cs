using System.Text;

namespace Skein.Model.Templates;

/// <summary>html, js and urlquery, of bytes.</summary>
internal static class GoEscapes
{
    private static readonly string NoCharacter = GoBytes.OfRune(GoBytes.Malformed);

    public static string Html(string bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var c in bytes)
        {
            _ = c switch
            {
                '\0' => text.Append(NoCharacter),
                '"' => text.Append("&#34;"),
                '\'' => text.Append("&#39;"),
                '&' => text.Append("&amp;"),
                '<' => text.Append("&lt;"),
                '>' => text.Append("&gt;"),
                _ => text.Append(c),
            };
        }
        return text.ToString();
    }

    public static string Js(string bytes)
    {
        var text = new StringBuilder(bytes.Length);
        for (var at = 0; at < bytes.Length;)
        {
            var rune = GoBytes.RuneAt(bytes, at, out var width);
            if (rune is '\\' or '\'' or '"') text.Append('\\').Append((char)rune);
            else if (rune is < ' ' or '<' or '>' or '&' or '=' || (rune >= 0x80 && !GoRunes.IsPrintable(rune))) text.Append($"\\u{rune:X4}");
            else text.Append(bytes, at, width);
            at += width;
        }
        return text.ToString();
    }

    public static string UrlQuery(string bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var c in bytes)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~') text.Append(c);
            else if (c == ' ') text.Append('+');
            else text.Append($"%{(int)c:X2}");
        }
        return text.ToString();
    }
}
