using Skein.Agent.Containers.Oci;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class UserDatabaseTests
{
    private static readonly UserDatabase Database = new(
        "root:x:0:0::/:/bin/sh\nbroken\nbob:x:1000:1001::/:/bin/sh\n", "root:x:0:\nbobs:x:1001:\nwheel:x:10:alice,bob\n");

    [Theory]
    [InlineData("", 0, 0, "0")]
    [InlineData("bob", 1000, 1001, "1001,10")]
    [InlineData("1000", 1000, 1001, "1001,10")]
    [InlineData("bob:wheel", 1000, 10, "10")]
    [InlineData("77", 77, 0, "0")]
    [InlineData("77:88", 77, 88, "88")]
    [InlineData(":wheel", 0, 10, "10")]
    public void NamesAndNumbersAreResolved(string spec, uint uid, uint gid, string groups)
    {
        var user = Database.Resolve(spec, []);
        Assert.Equal((uid, gid, groups), (user.Uid, user.Gid, string.Join(',', user.AdditionalGids!)));
    }

    [Fact]
    public void ExtraGroupsAreAdded() => Assert.Equal([1001u, 10u, 55u], Database.Resolve("bob", ["wheel", "55"]).AdditionalGids!);

    [Theory]
    [InlineData("carol", "unable to find user carol: no matching entries in passwd file")]
    [InlineData("bob:none", "unable to find group none: no matching entries in group file")]
    public void UnknownNamesAreErrors(string spec, string message) =>
        Assert.Equal(message, Assert.Throws<SkeinException>(() => Database.Resolve(spec, [])).Message);

    [Fact]
    public void AnImageWithoutFilesKnowsNumbersAlone()
    {
        var empty = new UserDatabase(null, null);
        Assert.Equal((3u, 4u), (empty.Resolve("3:4", []).Uid, empty.Resolve("3:4", []).Gid));
        Assert.Throws<SkeinException>(() => empty.Resolve("root", []));
    }
}
