using System.Security.Cryptography;
using System.Text;
using Skein.Agent.Containers;

namespace Skein.Api.Networks;

/// <summary>64 hex digits for a container's leg on a network: it has no object of its own, and needs the same name whenever it is asked for.</summary>
internal static class EndpointId
{
    /// <summary>A task's id, by which every node names its endpoints; a container's own where it is no task's.</summary>
    public static string OwnerOf(ContainerRecord container) =>
        container.Definition.IsTasks ? container.Definition.TaskId : container.Id;

    public static string Of(string owner, string networkId) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}/{networkId}")));
}
