namespace Skein.Agent.Containers;

public sealed record ContainerNetworkName(string Id, string Name);
