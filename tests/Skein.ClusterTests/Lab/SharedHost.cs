using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>The classes that run a client against one host share it, and its images.</summary>
[CollectionDefinition(nameof(SharedHost))]
public sealed class SharedHost : ICollectionFixture<ClientHost>;
