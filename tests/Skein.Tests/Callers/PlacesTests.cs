using Xunit;
using Skein.Manager.Callers;

namespace Skein.Tests.Callers;

public class PlacesTests
{
    [Fact]
    public void Each_has_its_own_and_all_have_theirs_together()
    {
        var places = new Places<string>(2, 3);
        var first = places.TryTake("a");
        Assert.NotNull(first);
        Assert.NotNull(places.TryTake("a"));
        Assert.Null(places.TryTake("a"));
        Assert.NotNull(places.TryTake("b"));
        Assert.Null(places.TryTake("c"));

        first.Dispose();
        first.Dispose();
        Assert.NotNull(places.TryTake("c"));
        Assert.Null(places.TryTake("c"));
    }

    [Fact]
    public void For_whom_places_are_kept_only_its_own_count()
    {
        var places = new Places<string>(1, 1);
        Assert.NotNull(places.TryTake("a"));
        Assert.Null(places.TryTake("node"));
        using var kept = places.TryTake("node", beyondAll: true);
        Assert.NotNull(kept);
        Assert.Null(places.TryTake("node", beyondAll: true));
    }
}
