using System.Net;
using Skein.Model;

namespace Skein.Agent.Images.Registry;

/// <summary>Where to ask for images of a domain, best first: mirrors, then the image's own registry.</summary>
internal static class RegistryHosts
{
    private const string HubHost = "registry-1.docker.io";

    /// <exception cref="SkeinException">There can be no such host. A login names any text, and a reference any digits in brackets.</exception>
    public static IReadOnlyList<RegistryHost> For(string domain, RegistryConfig config)
    {
        if (!Uri.TryCreate($"https://{domain}/", UriKind.Absolute, out _)) throw SkeinException.Invalid($"invalid registry host: {domain}");
        if (domain == ImageReference.DockerHub)
            return [.. config.Mirrors.Select(m => Mirror(m, config)), new RegistryHost($"https://{HubHost}", Insecure: false, IsMirror: false)];
        return IsInsecure(domain, config)
            ? [new RegistryHost($"https://{domain}", Insecure: true, IsMirror: false), new RegistryHost($"http://{domain}", Insecure: true, IsMirror: false)]
            : [new RegistryHost($"https://{domain}", Insecure: false, IsMirror: false)];
    }

    private static RegistryHost Mirror(string url, RegistryConfig config)
    {
        var uri = new Uri(url);
        return new RegistryHost(url.TrimEnd('/'), IsInsecure(uri.Authority, config), IsMirror: true);
    }

    /// <summary>Docker's rule: listed by name or by network, or a loopback address.</summary>
    private static bool IsInsecure(string domain, RegistryConfig config)
    {
        if (config.InsecureRegistries.Contains(domain)) return true;
        var host = HostOf(domain);
        if (host == "localhost") return true;
        if (!IPAddress.TryParse(host, out var address)) return false;
        return IPAddress.IsLoopback(address)
            || config.InsecureRegistries.Any(entry => IPNetwork.TryParse(entry, out var network) && network.Contains(address));
    }

    private static string HostOf(string domain)
    {
        if (domain.StartsWith('[')) return domain[1..domain.IndexOf(']')];
        var colon = domain.LastIndexOf(':');
        return colon < 0 ? domain : domain[..colon];
    }
}
