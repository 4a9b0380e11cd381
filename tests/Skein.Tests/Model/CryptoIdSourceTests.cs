using Skein.Model;
using Xunit;

namespace Skein.Tests.Model;

public class CryptoIdSourceTests
{
    [Fact]
    public void Ids_are_25_characters_of_base_36()
    {
        var ids = new CryptoIdSource();
        var seen = Enumerable.Range(0, 1000).Select(_ => ids.NewId()).ToHashSet();
        Assert.Equal(1000, seen.Count);
        Assert.All(seen, id => Assert.Matches("^[0-9a-z]{25}$", id));
    }
}
