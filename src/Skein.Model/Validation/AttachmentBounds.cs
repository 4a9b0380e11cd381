using System.Net;
using System.Net.Sockets;

namespace Skein.Model.Validation;

/// <summary>What a node may wish of legs for its users' containers. Nodes keep to it, and managers ask it of each wish.</summary>
public static class AttachmentBounds
{
    /// <summary>Legs that one node's containers have on the swarm's networks. All of them with all that they may be called are one message.</summary>
    public const int MostOfNode = 2048;

    /// <summary>What a node that has so many is answered with.</summary>
    public static readonly string Full = $"this node has {MostOfNode} containers' legs on networks of the swarm already";

    /// <summary>Names of one leg: the container's, its hostname, and what `--network-alias` gives.</summary>
    public const int MostNames = 64;

    /// <summary>Characters of all its names.</summary>
    public const int MostOfNames = 1024;

    private const int ContainerId = 64;
    private const int LongestId = 128;
    private const int LongestName = 255;

    /// <summary>Why no node can mean it; null when it is sound.</summary>
    public static string? FlawOf(AttachmentWish wish)
    {
        if (!IsId(wish.Id)) return "an attachment's id that is none";
        if (!IsName(wish.Network)) return "a network's name that is none";
        if (wish.Names.Count > MostNames || wish.Names.Sum(name => name.Length) > MostOfNames) return $"more than {MostNames} names of a container, or more than {MostOfNames} characters of them";
        if (!wish.Names.All(IsName)) return "names of a container that are none";
        if (!IsAddress(wish.Ipv4Address, AddressFamily.InterNetwork) || !IsAddress(wish.Ipv6Address, AddressFamily.InterNetworkV6)) return "an address of a container that is none";
        return wish.Mac.Length > 0 && !IsUnicast(wish.Mac) ? "a MAC address of a container that is none" : null;
    }

    /// <summary>Of one network card, in lower case: a group's would take every frame.</summary>
    public static bool IsUnicast(string mac) =>
        mac.Length == 17
        && mac.Split(':') is { Length: 6 } bytes
        && bytes.All(b => b.Length == 2 && b.All(char.IsAsciiHexDigitLower))
        && (Convert.ToByte(bytes[0], 16) & 1) == 0
        && mac != "00:00:00:00:00:00";

    /// <summary>Whether it can be that of a wish.</summary>
    public static bool IsId(string id) =>
        id.Length is > ContainerId and <= LongestId
        && id[ContainerId] == '/'
        && id.AsSpan(0, ContainerId).IndexOfAnyExcept("0123456789abcdef") < 0
        && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '/');

    private static bool IsName(string name) => name.Length is > 0 and <= LongestName && !name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c));

    private static bool IsAddress(string text, AddressFamily family) =>
        text.Length == 0 || (IPAddress.TryParse(text, out var address) && address.AddressFamily == family && address.ToString() == text);
}
