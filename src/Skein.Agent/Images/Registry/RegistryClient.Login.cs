using System.Net;
using Skein.Model;

namespace Skein.Agent.Images.Registry;

internal sealed partial class RegistryClient
{
    private static readonly string[] HubAddresses = ["", "index.docker.io", "docker.io", "registry-1.docker.io"];

    /// <summary>`docker login`: whether the registry itself, not one of its mirrors, takes the credentials.</summary>
    public async Task LoginAsync(RegistryAuth auth, CancellationToken cancel)
    {
        Exception? last = null;
        foreach (var host in RegistryHosts.For(DomainOf(auth.ServerAddress), config).Where(host => !host.IsMirror))
        {
            try
            {
                using var answer = await SendAsync(host, default(RegistryAccess), "", _ => { }, auth, cancel);
                if (answer.IsSuccessStatusCode) return;
                throw Refused(
                    answer.StatusCode == HttpStatusCode.Unauthorized,
                    $"login attempt to {host.Base}/v2/ failed with status: {(int)answer.StatusCode} {answer.ReasonPhrase}",
                    null);
            }
            catch (RegistryUnreachableException error)
            {
                last = error;   // Docker too goes on from https to http, for a registry it may be insecure with
            }
            catch (RegistryException error)
            {
                // The server that gives out tokens has refused.
                throw Refused(error.Status is 401 or 403, $"Get \"{host.Base}/v2/\": {(error.Code == RegistryException.NoCredentials ? "" : "unauthorized: ")}{error.Message}", error);
            }
        }
        throw new SkeinException(ErrorKind.Internal, last!.Message, last);
    }

    /// <summary>"https://host:port/v1/" as the CLI writes it for Docker's own registry, or host:port as users do.</summary>
    internal static string DomainOf(string serverAddress)
    {
        var scheme = serverAddress.IndexOf("://", StringComparison.Ordinal);
        var rest = scheme < 0 ? serverAddress : serverAddress[(scheme + 3)..];
        var slash = rest.IndexOf('/');
        var host = slash < 0 ? rest : rest[..slash];
        return HubAddresses.Contains(host) ? ImageReference.DockerHub : host;
    }

    private static SkeinException Refused(bool credentials, string message, Exception? cause) =>
        new(credentials ? ErrorKind.Unauthenticated : ErrorKind.Internal, message, cause);
}
