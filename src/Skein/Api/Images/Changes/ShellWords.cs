using System.Text;
using Skein.Model;

namespace Skein.Api.Images.Changes;

/// <summary>The words of a Dockerfile's instruction: split at spaces, and rid of quotes, with variables in their places.</summary>
internal static class ShellWords
{
    /// <summary>At spaces outside of quotes; each word keeps its quotes.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var (words, word, quote) = (new List<string>(), new StringBuilder(), '\0');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (word.Length > 0) words.Add(word.ToString());
                word.Clear();
                continue;
            }
            if (c == quote) quote = '\0';
            else if (quote == '\0' && c is '\'' or '"') quote = quote == '\0' ? c : quote;
            word.Append(c);
            // In single quotes a backslash is one.
            if (c == '\\' && quote != '\'' && i + 1 < text.Length) word.Append(text[++i]);
        }
        if (word.Length > 0) words.Add(word.ToString());
        return words;
    }

    /// <param name="environment">NAME=VALUE</param>
    public static string Expand(string word, IReadOnlyList<string> environment) => new Expansion(word, environment).All('\0');

    private sealed class Expansion(string text, IReadOnlyList<string> environment)
    {
        private int _at;

        /// <summary>Up to a character that ends it, which is passed over.</summary>
        public string All(char end)
        {
            var result = new StringBuilder();
            while (_at < text.Length)
            {
                var c = text[_at++];
                if (c == end) return result.ToString();
                switch (c)
                {
                    case '\'':
                        result.Append(Single());
                        break;
                    case '"':
                        result.Append(Double());
                        break;
                    case '$':
                        result.Append(Variable());
                        break;
                    case '\\':
                        if (_at < text.Length) result.Append(text[_at++]);
                        break;
                    default:
                        result.Append(c);
                        break;
                }
            }
            return end == '\0' ? result.ToString() : throw SkeinException.Invalid("unexpected end of statement while looking for matching " + (end == '}' ? "}" : $"{end}"));
        }

        private string Single()
        {
            var close = text.IndexOf('\'', _at);
            if (close < 0) throw SkeinException.Invalid("unexpected end of statement while looking for matching single-quote");
            var inner = text[_at..close];
            _at = close + 1;
            return inner;
        }

        private string Double()
        {
            var result = new StringBuilder();
            while (_at < text.Length)
            {
                var c = text[_at++];
                if (c == '"') return result.ToString();
                if (c == '$') result.Append(Variable());
                else if (c == '\\' && _at < text.Length && text[_at] is '"' or '$' or '\\') result.Append(text[_at++]);
                else result.Append(c);
            }
            throw SkeinException.Invalid("unexpected end of statement while looking for matching double-quote");
        }

        private string Variable()
        {
            if (_at >= text.Length) return "$";
            if (text[_at] != '{') return Name() is { Length: > 0 } name ? Value(name) ?? "" : "$";
            _at++;
            var inner = Name();
            if (inner.Length == 0) throw SkeinException.Invalid("syntax error: bad substitution");
            if (_at >= text.Length) throw SkeinException.Invalid("unexpected end of statement while looking for matching }");
            var modifier = text[_at++];
            if (modifier == '}') return Value(inner) ?? "";
            var emptyToo = modifier == ':';
            if (emptyToo) modifier = _at < text.Length ? text[_at++] : '\0';
            var word = All('}');
            var value = Value(inner);
            var isSet = value is not null && !(emptyToo && value.Length == 0);
            return modifier switch
            {
                '-' => isSet ? value! : word,
                '+' => isSet ? word : "",
                '?' => isSet ? value! : throw SkeinException.Invalid($"{inner}: {(word.Length > 0 ? word : "is not allowed to be unset")}"),
                _ => throw SkeinException.Invalid($"unsupported modifier ({modifier}) in substitution"),
            };
        }

        private string Name()
        {
            var begin = _at;
            while (_at < text.Length && (text[_at] == '_' || char.IsAsciiLetter(text[_at]) || (_at > begin && char.IsAsciiDigit(text[_at])))) _at++;
            return text[begin.._at];
        }

        private string? Value(string name) =>
            environment.FirstOrDefault(entry => entry.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
    }
}
