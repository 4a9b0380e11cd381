using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>Classes that leave the swarm as they found it share one: raising it takes longer than most tests.</summary>
[CollectionDefinition(nameof(SharedSwarm))]
public sealed class SharedSwarm : ICollectionFixture<SwarmFixture>;
