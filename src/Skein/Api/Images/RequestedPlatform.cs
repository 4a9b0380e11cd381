using System.Text;
using System.Text.Json;
using Skein.Agent.Images;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>--platform: of an image for several the one that is meant.</summary>
internal static class RequestedPlatform
{
    private static readonly string[] s_systems = ["linux", "windows", "darwin", "freebsd"];

    private static readonly string[] s_architectures =
        ["386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"];

    /// <param name="text">"linux/arm64", "linux/arm/v7", "amd64", "linux", or {"os":"linux","architecture":"arm64"}, as push, save and load have it.</param>
    /// <returns>null when nothing was asked for.</returns>
    public static ImagePlatform? Parse(string text)
    {
        if (text.Length == 0) return null;
        if (text.StartsWith('{')) return FromJson(text);
        var parts = text.ToLowerInvariant().Split('/');
        if (parts.Length > 3 || parts.Any(part => part.Length == 0 || !part.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.')))
            throw SkeinException.Invalid($"\"{text}\" is an invalid component of \"{text}\": platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument");
        return parts switch
        {
            [var one] when s_systems.Contains(one) => new(one, HostFacts.GoArchitecture, ""),
            [var one] when s_architectures.Contains(Named(one)) => new("linux", Named(one), ""),
            [_] => throw SkeinException.Invalid($"\"{text}\": unknown operating system or architecture: invalid argument"),
            _ => new(parts[0], Named(parts[1]), parts.Length > 2 ? parts[2] : ""),
        };
    }

    /// <summary>Names of the kernel are taken as well.</summary>
    private static string Named(string architecture) => architecture switch
    {
        "x86_64" or "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" => "arm",
        "i386" => "386",
        _ => architecture,
    };

    private static ImagePlatform FromJson(string json)
    {
        try
        {
            var read = JsonSerializer.Deserialize(json, ImagesJson.Default.PlatformJson);
            return read is { Os.Length: > 0, Architecture.Length: > 0 }
                ? new(read.Os, read.Architecture, read.Variant ?? "")
                : throw SkeinException.Invalid("both OS and Architecture must be provided");
        }
        catch (JsonException error)
        {
            throw SkeinException.Invalid($"failed to parse platform: {GoJsonError.Of(Encoding.UTF8.GetBytes(json), error)}");
        }
    }

    /// <summary>Docker's warning of an image that is not for this host, where nobody asked for it; null when it is.</summary>
    public static string? Foreign(ImageRecord image) => image.Os is "" or "linux" && (image.Architecture.Length == 0 || image.Architecture == HostFacts.GoArchitecture)
        ? null
        : $"The requested image's platform ({new ImagePlatform(image.Os, image.Architecture, image.Variant)}) does not match the detected host platform (linux/{HostFacts.GoArchitecture}) and no specific platform was requested";

    /// <summary>Of save and load, which take one.</summary>
    public static ImagePlatform? One(HttpContext context) => context.Request.Query["platform"].Count > 1
        ? throw SkeinException.Invalid("multiple platform parameters not supported")
        : Parse(context.Query("platform"));
}
