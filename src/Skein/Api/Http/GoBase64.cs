using System.Buffers;
using Skein.Model;

namespace Skein.Api.Http;

/// <summary>base64 as Go reads it, with its words for what is none.</summary>
internal static class GoBase64
{
    private static readonly SearchValues<char> s_urlAlphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=");
    private static readonly SearchValues<char> s_alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n");

    public static byte[] Decode(string? text) => string.IsNullOrEmpty(text) ? [] : Decode(text, text, s_alphabet, "");

    /// <summary>Of a header, in the alphabet for URLs, with its padding or without.</summary>
    /// <param name="what">Begins the message of one that cannot be read.</param>
    public static byte[] DecodeUrl(string text, string what)
    {
        var plain = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        return Decode(text, plain.PadRight((plain.Length + 3) / 4 * 4, '='), s_urlAlphabet, what);
    }

    private static byte[] Decode(string given, string plain, SearchValues<char> alphabet, string what)
    {
        try
        {
            return Convert.FromBase64String(plain);
        }
        catch (FormatException)
        {
            var wrong = given.AsSpan().IndexOfAnyExcept(alphabet);
            throw SkeinException.Invalid($"{what}illegal base64 data at input byte {(wrong < 0 ? given.Length : wrong)}");
        }
    }
}
