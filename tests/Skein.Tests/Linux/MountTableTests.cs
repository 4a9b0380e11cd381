using Skein.Linux.Mounts;
using Xunit;

namespace Skein.Tests.Linux;

public class MountTableTests
{
    [Fact]
    public void A_line_with_optional_fields_and_escapes_is_read()
    {
        var entry = MountTable.Parse(@"36 35 98:0 net:[4026532281] /run/a\040b/c rw,noatime master:1 shared:2 - nsfs nsfs rw");
        Assert.Equal(new MountEntry("/run/a b/c", "net:[4026532281]", "nsfs", "nsfs", "rw,noatime") { Shared = true, Slave = true }, entry);
    }

    [Fact]
    public void A_line_without_the_dash_is_refused()
    {
        Assert.Throws<FormatException>(() => MountTable.Parse("36 35 98:0 / /run rw,noatime"));
    }
}
