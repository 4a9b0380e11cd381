using Skein.Model.Specs;
using Xunit;

namespace Skein.Tests.Model;

public sealed class GenericResourcesTests
{
    [Fact]
    public void A_container_learns_what_it_was_given() => Assert.Equal(
        ["DOCKER_RESOURCE_GPU=UUID1,UUID2", "DOCKER_RESOURCE_SSD=3"],
        GenericResources.Environment(GenericResources.Parse([" gpu = UUID1 ", "gpu=UUID2", "gpu=UUID2", "ssd=3"])));
}
