using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>As <see cref="SharedSwarm"/>, for classes that take daemons, cables and power from its hosts, and wait until it is whole again.</summary>
[CollectionDefinition(nameof(TestedSwarm))]
public sealed class TestedSwarm : ICollectionFixture<SwarmFixture>;
