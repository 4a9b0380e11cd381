using System.Buffers;
using Skein.Model;

namespace Skein.Api.Http;

/// <summary>Bytes in JSON, as Go's encoding/json writes and reads them.</summary>
internal static class GoBase64
{
    private static readonly SearchValues<char> s_alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n");

    public static byte[] Decode(string? text)
    {
        if (string.IsNullOrEmpty(text)) return [];
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            var wrong = text.AsSpan().IndexOfAnyExcept(s_alphabet);
            throw SkeinException.Invalid($"illegal base64 data at input byte {(wrong < 0 ? text.Length : wrong)}");
        }
    }
}
