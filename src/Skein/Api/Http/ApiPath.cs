using Skein.Model;

namespace Skein.Api.Http;

/// <summary>A request's path as Docker's clients write it: with a version before it, and names that hold slashes, bare or encoded.</summary>
internal static class ApiPath
{
    /// <summary>The version, and what follows it.</summary>
    /// <exception cref="SkeinException">The version is out of range.</exception>
    public static (ApiVersion Version, string Path) Split(string path)
    {
        if (!path.StartsWith("/v", StringComparison.Ordinal)) return (ApiVersion.Current, path);
        var end = path.IndexOf('/', 2);
        var prefix = end < 0 ? path.AsSpan(2) : path.AsSpan(2, end - 2);
        if (!ApiVersion.TryParse(prefix, out var version)) return (ApiVersion.Current, path);
        Check(version);
        return (version, end < 0 ? "/" : path[end..]);
    }

    /// <summary>
    /// As Go's router sees it: an encoded slash is a slash (docker-java writes an image's name so, which Kestrel leaves to us), and
    /// two are one (a container's name begins with one). Docker sends the second to the cleaned path, which clients do not all follow.
    /// </summary>
    public static string Clean(string path)
    {
        var cleaned = path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        while (cleaned.Contains("//", StringComparison.Ordinal)) cleaned = cleaned.Replace("//", "/", StringComparison.Ordinal);
        return cleaned;
    }

    private static void Check(ApiVersion version)
    {
        if (version.CompareTo(ApiVersion.Current) > 0)
            throw SkeinException.Invalid($"client version {version} is too new. Maximum supported API version is {ApiVersion.Current}");
        if (version.CompareTo(ApiVersion.Minimum) < 0)
            throw SkeinException.Invalid(
                $"client version {version} is too old. Minimum supported API version is {ApiVersion.Minimum}, please upgrade your client to a newer version");
    }
}
