using Xunit.Sdk;
using Xunit.v3;

namespace Skein.ClusterTests.Lab;

/// <summary>Classes that share a lab run one after the other, for minutes: they begin first, so that the end is not spent waiting for them alone.</summary>
public sealed class SharedFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionClassName is null)];
}
