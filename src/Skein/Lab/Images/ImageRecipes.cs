namespace Skein.Lab.Images;

/// <summary>The images the lab's registry serves. Debian's packages only; what runs in them is Debian's build of it.</summary>
internal static class ImageRecipes
{
    private const string Path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly Dictionary<string, string> NoLinks = [];

    // Both servers stand on it, so that a host that has one pulls less for the other. Busybox is there to look around
    // with: docker exec -it CONTAINER ip addr.
    private static readonly LayerRecipe Base = new(
        "base", ["libc6", "libgcc-s1", "libcrypt1", "libpcre2-8-0", "zlib1g", "busybox-static"], AppletLinks.Symbolic, MergedUsr: true, NoLinks, IsRuntimeFile);

    // The module for LDAP, for XML, for Lua and their libraries are left out: Apache loads what httpd.conf names.
    private static readonly string[] ApacheModules =
        ["mpm_event", "authz_core", "alias", "dir", "env", "filter", "include", "mime"];

    public static IReadOnlyList<ImageRecipe> All { get; } =
    [
        new(
            "httpd",
            ["latest", "2.4"],
            [
                Base,
                new(
                    "httpd",
                    ["libexpat1", "libuuid1", "libapr1", "libaprutil1", "apache2-bin"],
                    AppletLinks.None,
                    MergedUsr: true,
                    new Dictionary<string, string>
                    {
                        ["usr/local/apache2/bin/httpd"] = "/usr/sbin/apache2",
                        ["usr/local/apache2/modules"] = "/usr/lib/apache2/modules",
                    },
                    IsApacheFile),
            ],
            new ImageConfig(
                ["httpd-foreground"],
                ["PATH=/usr/local/apache2/bin:" + Path["PATH=".Length..], "HTTPD_PREFIX=/usr/local/apache2"],
                WorkingDirectory: "/usr/local/apache2",
                StopSignal: "SIGWINCH",
                ExposedPorts: ["80/tcp"]),
            ManifestFormat.OciIndex),
        new(
            "nginx",
            ["latest"],
            [Base, new("nginx", ["libzstd1", "libssl3", "nginx"], AppletLinks.None, MergedUsr: true, NoLinks, IsRuntimeFile)],
            new ImageConfig(["nginx", "-g", "daemon off;"], [Path], StopSignal: "SIGQUIT", ExposedPorts: ["80/tcp"]),
            ManifestFormat.Docker),
        new(
            "busybox",
            ["latest"],
            [new("busybox", ["busybox-static"], AppletLinks.Hard, MergedUsr: false, NoLinks, path => path.EndsWith("bin/busybox", StringComparison.Ordinal))],
            new ImageConfig(["sh"], [Path]),
            ManifestFormat.OciIndex),
    ];

    private static bool IsRuntimeFile(string path) =>
        !path.StartsWith("usr/share/", StringComparison.Ordinal)
        && !path.StartsWith("etc/", StringComparison.Ordinal)
        && !path.StartsWith("var/", StringComparison.Ordinal)
        // glibc's character set converters: 8 MB that nothing here asks for.
        && !path.Contains("/gconv/", StringComparison.Ordinal);

    private static bool IsApacheFile(string path) =>
        IsRuntimeFile(path)
        && (!path.StartsWith("usr/lib/apache2/modules/", StringComparison.Ordinal)
            || ApacheModules.Any(m => path == $"usr/lib/apache2/modules/mod_{m}.so"));
}
