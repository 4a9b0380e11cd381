namespace Skein.NodeLife;

/// <summary>What this host is in a swarm, by what stands on its disk.</summary>
internal enum Part
{
    None,
    Worker,
    Manager,
}
