using Xunit;

namespace Skein.ClusterTests.Differences;

/// <summary>Both classes compare with the same dockerd: its host takes as long to raise as Skein's.</summary>
[CollectionDefinition(nameof(SharedPair))]
public sealed class SharedPair : ICollectionFixture<DifferenceTests.TwoSwarms>;
