using System.Globalization;

namespace Skein.Api;

/// <summary>A version of Docker's Engine API, as in the path prefix /v1.51.</summary>
internal readonly record struct ApiVersion(int Major, int Minor) : IComparable<ApiVersion>
{
    /// <summary>What this server answers: Docker 28.3 to 28.5.</summary>
    public static readonly ApiVersion Current = new(1, 51);

    /// <summary>The oldest it accepts; clients back to Docker 20.10 are served.</summary>
    public static readonly ApiVersion Minimum = new(1, 24);

    /// <summary>From here on an image without a name has no names; before, "none" is its name.</summary>
    public static readonly ApiVersion WithoutNone = new(1, 43);

    /// <summary>From here on an image has no VirtualSize: it has long been its size.</summary>
    public static readonly ApiVersion WithoutVirtualSize = new(1, 44);

    /// <summary>From here on a push may be of one platform; before, clients say one and mean nothing by it.</summary>
    public static readonly ApiVersion WithPushPlatform = new(1, 46);

    public static bool TryParse(ReadOnlySpan<char> text, out ApiVersion version)
    {
        version = default;
        var dot = text.IndexOf('.');
        if (dot <= 0) return false;
        if (!int.TryParse(text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var major)) return false;
        if (!int.TryParse(text[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)) return false;
        version = new ApiVersion(major, minor);
        return true;
    }

    public int CompareTo(ApiVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public override string ToString() => $"{Major}.{Minor}";
}
