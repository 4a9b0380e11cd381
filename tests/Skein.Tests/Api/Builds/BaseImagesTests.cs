using Google.Protobuf.Collections;
using Skein.Agent.Images;
using Skein.Api.Builds;
using Xunit;

namespace Skein.Tests.Api.Builds;

public class BaseImagesTests
{
    private static readonly NamedManifest s_here = new("busybox:latest", new("linux", "arm64", "v8"), "sha256:1");

    [Theory]
    [InlineData("busybox:latest", "context:busybox::linux/arm64/v8")]
    [InlineData("me/app:v1", "context:me/app:v1::linux/arm64/v8")]
    [InlineData("127.0.0.1:5000/app:latest", "context:127.0.0.1:5000/app::linux/arm64/v8")]
    public void A_tag_is_called_as_BuildKit_calls_what_stands_behind_FROM(string tag, string key)
    {
        var options = new MapField<string, string>();
        BaseImages.Offer(options, [s_here with { Name = tag }]);
        Assert.Equal(new KeyValuePair<string, string>(key, "oci-layout://skein@sha256:1"), Assert.Single(options));
    }

    [Theory]
    [InlineData("context:busybox")]
    [InlineData("context:busybox::linux/arm64/v8")]
    public void What_the_client_named_is_the_clients(string key)
    {
        var options = new MapField<string, string> { [key] = "docker-image://other" };
        BaseImages.Offer(options, [s_here]);
        Assert.Equal(new KeyValuePair<string, string>(key, "docker-image://other"), Assert.Single(options));
    }

    [Theory]
    [InlineData("dockerfile.v0", "", true)]
    [InlineData("gateway.v0", "local", true)]
    [InlineData("dockerfile.v0", "pull", false)]
    [InlineData("", "", false)]
    public void Who_pulls_wants_the_registrys(string frontend, string mode, bool wanted)
    {
        var options = new MapField<string, string>();
        if (mode.Length > 0) options["image-resolve-mode"] = mode;
        Assert.Equal(wanted, BaseImages.AreWanted(frontend, options));
    }
}
