using System.Runtime.InteropServices;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>Which image of an index runs here.</summary>
internal static class PlatformChoice
{
    /// <summary>Go's names for the machine this process runs on.</summary>
    public static OciPlatform Host { get; } = RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => new OciPlatform { Os = "linux", Architecture = "amd64" },
        Architecture.Arm64 => new OciPlatform { Os = "linux", Architecture = "arm64", Variant = "v8" },
        Architecture.Arm => new OciPlatform { Os = "linux", Architecture = "arm", Variant = "v7" },
        Architecture.X86 => new OciPlatform { Os = "linux", Architecture = "386" },
        var other => new OciPlatform { Os = "linux", Architecture = other.ToString().ToLowerInvariant() },
    };

    /// <summary>
    /// The entry for this platform; of several variants the exact one, then the highest not above the host's.
    /// Entries without a platform are taken when nothing else fits: an index of one image may omit it.
    /// </summary>
    public static OciDescriptor Choose(IReadOnlyList<OciDescriptor> manifests, OciPlatform host, string reference)
    {
        if (TryChoose(manifests, host) is { } chosen) return chosen;
        var name = $"{host.Os}/{host.Architecture}" + (host.Variant is { Length: > 0 } v ? $"/{v}" : "");
        throw SkeinException.NotFound($"no matching manifest for {name} in the manifest list entries: no match for platform in manifest: {reference}");
    }

    public static OciDescriptor? TryChoose(IReadOnlyList<OciDescriptor> manifests, OciPlatform host)
    {
        var fitting = manifests
            .Where(entry => entry.Platform is { } p && p.Os == host.Os && p.Architecture == host.Architecture && VariantFits(p, host))
            .OrderByDescending(entry => Normal(entry.Platform!).Length > 0 ? Normal(entry.Platform!) : "v0", StringComparer.Ordinal)
            .FirstOrDefault();
        if (fitting is not null) return fitting;
        var unnamed = manifests.Where(entry => entry.Platform is null).ToList();
        return unnamed.Count == 1 ? unnamed[0] : null;
    }

    /// <summary>The platform asked for, or else this host's.</summary>
    public static OciPlatform Wanted(ImagePlatform? asked) =>
        asked is null ? Host : new OciPlatform { Os = asked.Os, Architecture = asked.Architecture, Variant = asked.Variant };

    public static bool Runs(OciPlatform platform) => platform.Os == Host.Os && platform.Architecture == Host.Architecture && VariantFits(platform, Host);

    /// <summary>Whether it is the platform asked for, and not just one that runs there.</summary>
    public static bool IsSame(OciPlatform? platform, ImagePlatform asked) =>
        platform is not null && platform.Os == asked.Os && platform.Architecture == asked.Architecture
        && Normal(platform) == Normal(new OciPlatform { Architecture = asked.Architecture, Variant = asked.Variant });

    private static bool VariantFits(OciPlatform entry, OciPlatform host) =>
        string.CompareOrdinal(Normal(entry), Normal(host)) <= 0;

    // arm64 without a variant is v8, and arm without one is v7: the same platform by two names.
    private static string Normal(OciPlatform platform) => (platform.Architecture, platform.Variant) switch
    {
        ("arm64", null or "") => "v8",
        ("arm", null or "") => "v7",
        (_, null) => "",
        (_, var variant) => variant,
    };
}
