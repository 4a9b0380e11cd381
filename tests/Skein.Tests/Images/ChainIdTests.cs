using Skein.Agent.Images;
using Xunit;

namespace Skein.Tests.Images;

public class ChainIdTests
{
    [Fact]
    public void One_layers_chain_is_its_diff() => Assert.Equal("sha256:aa", ChainId.Of(["sha256:aa"]));

    [Fact]
    public void No_layers_have_no_chain() => Assert.Equal("", ChainId.Of([]));

    // sha256 of "sha256:aa sha256:bb", by sha256sum.
    [Fact]
    public void A_second_layer_is_hashed_onto_the_first() =>
        Assert.Equal("sha256:b68ad689d6d1ec110ea1c13617437ad6f3766d4b3b309f6a603a222e07a0164f", ChainId.Of(["sha256:aa", "sha256:bb"]));
}
