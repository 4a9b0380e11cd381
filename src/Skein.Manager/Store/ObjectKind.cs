namespace Skein.Manager.Store;

/// <summary>The kinds of object the store keeps; the name is the key's first part.</summary>
public enum ObjectKind
{
    Cluster,
    Node,
    Network,
    Service,
    Task,
    ManagerBeat,
    Fence,
    DrainProgress,
}
