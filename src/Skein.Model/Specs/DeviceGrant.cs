namespace Skein.Model.Specs;

/// <summary>One device as `docker run --device` writes it: /dev/fuse, /dev/sdc:/dev/xvdc, /dev/sdc:/dev/xvdc:rwm.</summary>
/// <param name="HostPath">Of a device, or of a folder with some.</param>
public sealed record DeviceGrant(string HostPath, string ContainerPath, string Access)
{
    private const string Everything = "rwm";

    /// <exception cref="SkeinException"/>
    public static DeviceGrant Parse(string text)
    {
        var parts = text.Split(':');
        var (host, container, access) = parts switch
        {
            [var one] => (one, one, Everything),
            [var one, var mode] when IsAccess(mode) => (one, one, mode),
            [var one, var other] => (one, other, Everything),
            [var one, var other, var mode] => (one, other, mode),
            _ => throw Wrong(text),
        };
        return IsDevicePath(host) && container.StartsWith('/') && !container.Split('/').Contains("..") && IsAccess(access) ? new(host, container, access) : throw Wrong(text);
    }

    private static bool IsDevicePath(string path) => path.StartsWith("/dev/", StringComparison.Ordinal) && !path.Split('/').Contains("..");

    private static bool IsAccess(string text) => text.Length is > 0 and <= 3 && text.All(Everything.Contains) && text.Distinct().Count() == text.Length;

    private static SkeinException Wrong(string text) =>
        SkeinException.Invalid($"label {ServiceGrants.DevicesLabel}: bad format for path: {text}, it must be a device below /dev as --device takes it");
}
