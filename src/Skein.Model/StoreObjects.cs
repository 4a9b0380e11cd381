using Google.Protobuf;

namespace Skein.Model;

/// <summary>What the store keeps under an id of its own, with its versions and times.</summary>
public interface IStoreObject : IMessage
{
    string Id { get; set; }

    Meta? Meta { get; set; }
}

/// <summary>What tasks depend on and find as files: secrets and configs.</summary>
public interface IDependency : IStoreObject
{
    DependencySpec Spec { get; set; }
}

public sealed partial class Cluster : IStoreObject;

public sealed partial class Node : IStoreObject;

public sealed partial class Network : IStoreObject;

public sealed partial class ContainerAttachment : IStoreObject;

public sealed partial class Service : IStoreObject;

public sealed partial class SwarmTask : IStoreObject;

public sealed partial class Secret : IDependency;

public sealed partial class Config : IDependency;

public sealed partial class ManagerBeat : IStoreObject;

public sealed partial class Fence : IStoreObject;

public sealed partial class DrainProgress : IStoreObject;

public sealed partial class ManagerCertificate : IStoreObject;

public sealed partial class StoreKey : IStoreObject;

public sealed partial class ManagerKey : IStoreObject;
