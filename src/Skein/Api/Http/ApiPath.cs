using Skein.Model;

namespace Skein.Api.Http;

/// <summary>Splits the version prefix off a request's path and refuses versions out of range, in Docker's words.</summary>
internal static class ApiPath
{
    public static (ApiVersion Version, string Path) Split(string path)
    {
        if (!path.StartsWith("/v", StringComparison.Ordinal)) return (ApiVersion.Current, path);
        var end = path.IndexOf('/', 2);
        var prefix = end < 0 ? path.AsSpan(2) : path.AsSpan(2, end - 2);
        if (!ApiVersion.TryParse(prefix, out var version)) return (ApiVersion.Current, path);
        Check(version);
        return (version, end < 0 ? "/" : path[end..]);
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
