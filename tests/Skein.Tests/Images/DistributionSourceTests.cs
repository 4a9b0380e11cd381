using Skein.Agent.Images.Content;
using Xunit;

namespace Skein.Tests.Images;

public class DistributionSourceTests
{
    [Fact]
    public void The_newest_repository_is_first_and_each_stands_once()
    {
        Dictionary<string, string> labels = [];
        foreach (var repository in (string[])["a", "b", "a"]) labels = new([DistributionSource.With(labels, "registry.example:5000", repository)]);
        Assert.Equal(["a", "b"], DistributionSource.In(labels, "registry.example:5000"));
        Assert.Empty(DistributionSource.In(labels, "registry.example"));
    }

    [Fact]
    public void A_label_is_no_longer_than_containerd_takes()
    {
        Dictionary<string, string> labels = [];
        for (var i = 0; i < 20; i++) labels = new([DistributionSource.With(labels, "registry.example", $"{i}{new string('x', 1000)}")]);
        var (key, value) = Assert.Single(labels);
        Assert.InRange(key.Length + value.Length, 1000, 4096);
        Assert.StartsWith("19x", DistributionSource.In(labels, "registry.example")[0]);
    }
}
