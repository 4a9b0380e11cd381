using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>What a task is made with.</summary>
internal sealed record TaskDependencies(
    IImageStore Images,
    ITaskNetworking Networking,
    IContainerEngine Engine,
    ITaskStatusOutbox Outbox,
    DependencyContents Contents,
    TaskPlaces Places,
    TaskContainers Containers,
    Func<string> NodeId,
    IIdSource Ids,
    TimeProvider Time);
