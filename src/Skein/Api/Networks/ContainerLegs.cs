using Skein.Agent.Networks;

namespace Skein.Api.Networks;

/// <summary>What a container has of networks, whoever it belongs to.</summary>
internal sealed record ContainerLegs(ITaskNetworking Tasks, IStandaloneNetworking Users)
{
    /// <summary>null when it has no namespace of ours.</summary>
    public ContainerNetwork? Find(string containerId) => Tasks.Find(containerId) ?? Users.Find(containerId);
}
