using System.Text;
using System.Text.Json;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>--platform: of an image with several, the host's own is taken; another's is refused rather than replaced.</summary>
internal static class RequestedPlatform
{
    private static readonly string[] s_architectures =
        ["386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"];

    /// <param name="text">"linux/arm64", "linux/arm/v7", "amd64", "linux", or {"os":"linux","architecture":"arm64"}, as save and load have it; empty when nothing was asked for.</param>
    public static void Check(string text)
    {
        if (text.StartsWith('{')) text = FromJson(text);
        if (text.Length == 0) return;
        var parts = text.ToLowerInvariant().Split('/');
        if (parts is [var one] && one is not ("linux" or "windows" or "darwin") && !s_architectures.Contains(one))
            throw SkeinException.Invalid($"\"{text}\": unknown operating system or architecture: invalid argument");
        var (system, architecture) = parts switch
        {
            ["linux" or "windows" or "darwin"] => (parts[0], HostFacts.GoArchitecture),
            [_] => ("linux", parts[0]),
            _ => (parts[0], parts[1]),
        };
        if ((system, architecture) != ("linux", HostFacts.GoArchitecture))
            throw SkeinException.NotImplemented($"images of the platform {text} are not supported: this host runs linux/{HostFacts.GoArchitecture}");
    }

    private static string FromJson(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return $"{document.RootElement.GetProperty("os").GetString()}/{document.RootElement.GetProperty("architecture").GetString()}";
        }
        catch (JsonException error)
        {
            throw SkeinException.Invalid($"failed to parse platform: {GoJsonError.Of(Encoding.UTF8.GetBytes(json), error)}");
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException)
        {
            throw SkeinException.Invalid("failed to parse platform: os and architecture are needed, as strings");
        }
    }
}
