using System.Security.Cryptography;
using System.Text;

namespace Skein.Api.Networks;

/// <summary>64 hex digits for a container's leg on a network: it has no object of its own, and needs the same name whenever it is asked for.</summary>
internal static class EndpointId
{
    public static string Of(string owner, string networkId) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}/{networkId}")));
}
