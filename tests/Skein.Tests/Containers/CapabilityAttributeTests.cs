using Skein.Agent.Containers.Archive;
using Xunit;

namespace Skein.Tests.Containers;

public class CapabilityAttributeTests
{
    [Fact]
    public void What_is_bound_to_one_user_namespace_is_so_no_more()
    {
        byte[] bound = [1, 0, 0, 3, 0, 4, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0x86, 1, 0];
        Assert.Equal([1, 0, 0, 2, .. bound[4..20]], CapabilityAttribute.Portable(bound));
        Assert.Equal(bound[..20], CapabilityAttribute.Portable(bound[..20]));
    }
}
