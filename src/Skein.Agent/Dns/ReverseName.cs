using System.Globalization;
using System.Net;

namespace Skein.Agent.Dns;

/// <summary>5.1.0.10.in-addr.arpa and its like for IPv6 (RFC 1035 3.5, RFC 3596 2.5).</summary>
internal static class ReverseName
{
    private const string V4 = ".in-addr.arpa";
    private const string V6 = ".ip6.arpa";

    public static bool Is(string name) =>
        name.EndsWith(V4, StringComparison.Ordinal) || name.EndsWith(V6, StringComparison.Ordinal);

    public static IPAddress? Parse(string name)
    {
        if (name.EndsWith(V4, StringComparison.Ordinal)) return ParseV4(name[..^V4.Length].Split('.'));
        return name.EndsWith(V6, StringComparison.Ordinal) ? ParseV6(name[..^V6.Length].Split('.')) : null;
    }

    private static IPAddress? ParseV4(string[] labels)
    {
        if (labels.Length != 4) return null;
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            if (!byte.TryParse(labels[3 - i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i])) return null;
        }
        return new IPAddress(bytes);
    }

    private static IPAddress? ParseV6(string[] labels)
    {
        if (labels.Length != 32) return null;
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 32; i++)
        {
            var label = labels[31 - i];
            if (label.Length != 1 || !char.IsAsciiHexDigit(label[0])) return null;
            bytes[i / 2] = (byte)((bytes[i / 2] << 4) | Convert.ToInt32(label, 16));
        }
        return new IPAddress(bytes);
    }
}
