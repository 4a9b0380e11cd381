using Skein.Agent.Images.Content;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public class PlatformChoiceTests
{
    private static OciDescriptor Entry(string digest, string? os, string arch = "", string? variant = null) => new()
    {
        Digest = digest,
        Platform = os is null ? null : new OciPlatform { Os = os, Architecture = arch, Variant = variant },
    };

    private static string Choose(OciPlatform host, params OciDescriptor[] entries) => PlatformChoice.Choose(entries, host, "x").Digest;

    [Fact]
    public void The_hosts_own_architecture_is_chosen() =>
        Assert.Equal("b", Choose(new() { Os = "linux", Architecture = "amd64" },
            Entry("a", "linux", "arm64"), Entry("b", "linux", "amd64"), Entry("c", "windows", "amd64"), Entry("att", "unknown", "unknown")));

    [Fact]
    public void The_highest_variant_not_above_the_hosts_is_chosen() =>
        Assert.Equal("v6", Choose(new() { Os = "linux", Architecture = "arm", Variant = "v6" },
            Entry("v5", "linux", "arm", "v5"), Entry("v7", "linux", "arm", "v7"), Entry("v6", "linux", "arm", "v6")));

    [Fact]
    public void Arm64_without_a_variant_is_v8() =>
        Assert.Equal("a", Choose(new() { Os = "linux", Architecture = "arm64", Variant = "v8" }, Entry("a", "linux", "arm64")));

    [Fact]
    public void An_index_of_one_unnamed_image_serves_any_host() =>
        Assert.Equal("a", Choose(new() { Os = "linux", Architecture = "amd64" }, Entry("a", null)));

    [Fact]
    public void None_fitting_is_said_with_the_platform()
    {
        var error = Assert.Throws<SkeinException>(() => Choose(new() { Os = "linux", Architecture = "amd64" }, Entry("a", "linux", "arm64")));
        Assert.Equal("no matching manifest for linux/amd64 in the manifest list entries: no match for platform in manifest: x", error.Message);
    }
}
