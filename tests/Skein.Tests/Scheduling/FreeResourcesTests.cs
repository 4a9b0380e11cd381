using Skein.Manager.Scheduling;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Scheduling;

public sealed class FreeResourcesTests
{
    [Fact]
    public void What_is_wanted_of_a_kind_may_be_more_than_there_are_numbers()
    {
        var free = new FreeResources([new() { Kind = "ssd", Count = 3 }]);
        var all = new GenericResource { Kind = "ssd", Count = long.MaxValue };
        Assert.False(free.HasEnough([all, all]));
        Assert.True(free.HasEnough([new() { Kind = "ssd", Count = 1 }, new() { Kind = "ssd", Count = 2 }]));
    }
}
