using Google.Protobuf.Collections;
using Skein.Agent.Images;
using Skein.Api.Builds;
using Skein.Api.Builds.Protocol;
using Xunit;

namespace Skein.Tests.Api.Builds;

public class BaseImagesTests
{
    private static readonly NamedManifest s_here = new("me/app:latest", new("linux", "arm64", "v8"), "sha256:1");

    [Theory]
    [InlineData("me/busybox:latest", "context:me/busybox::linux/arm64")]
    [InlineData("app:v1", "context:app:v1::linux/arm64")]
    [InlineData("127.0.0.1:5000/app:latest", "context:127.0.0.1:5000/app::linux/arm64")]
    public void A_tag_is_called_as_BuildKit_calls_what_stands_behind_FROM(string tag, string key)
    {
        var options = new MapField<string, string>();
        BaseImages.Offer(options, [s_here with { Name = tag }]);
        Assert.Equal(new KeyValuePair<string, string>(key, "oci-layout://skein@sha256:1"), Assert.Single(options));
    }

    [Theory]
    [InlineData("context:me/app")]
    [InlineData("context:me/app::linux/arm64")]
    public void What_the_client_named_is_the_clients(string key)
    {
        var options = new MapField<string, string> { [key] = "docker-image://other" };
        BaseImages.Offer(options, [s_here]);
        Assert.Equal(new KeyValuePair<string, string>(key, "docker-image://other"), Assert.Single(options));
    }

    // FROM golang AS app, in the Dockerfile of the image app itself.
    [Theory]
    [InlineData("app:latest")]
    [InlineData("go-1.2_x:latest")]
    public void What_may_be_the_name_of_a_stage_is_left_to_the_registries(string tag)
    {
        var options = new MapField<string, string>();
        BaseImages.Offer(options, [s_here with { Name = tag }]);
        Assert.Empty(options);
    }

    [Theory]
    [InlineData("arm64", "v8", "linux/arm64")]
    [InlineData("arm", "", "linux/arm/v7")]
    [InlineData("arm", "v6", "linux/arm/v6")]
    [InlineData("amd64", "v1", "linux/amd64")]
    [InlineData("amd64", "v3", "linux/amd64/v3")]
    public void A_platform_is_called_as_BuildKit_calls_it(string architecture, string variant, string platform)
    {
        var options = new MapField<string, string>();
        BaseImages.Offer(options, [s_here with { Platform = new("linux", architecture, variant) }]);
        Assert.Equal($"context:me/app::{platform}", Assert.Single(options).Key);
    }

    [Theory]
    [InlineData("moby", false, false)]
    [InlineData("", false, false)]
    [InlineData("moby", true, true)]
    [InlineData("image", true, true)]
    [InlineData("oci", false, true)]
    public void What_others_get_to_read_tells_no_tags_of_this_host(string exporter, bool pushes, bool wouldTell)
    {
        var request = new SolveRequest { Exporter = exporter };
        if (pushes) request.ExporterAttrs["push"] = "true";
        Assert.False(BaseImages.WouldBeTold(request));
        request.FrontendAttrs["attest:provenance"] = "mode=min,inline-only=true";
        Assert.Equal(wouldTell, BaseImages.WouldBeTold(request));
        request.Exporters.Add(new Exporter { Type = "moby" });
        Assert.False(BaseImages.WouldBeTold(request));
        request.Exporters.Add(new Exporter { Type = "image" });
        Assert.True(BaseImages.WouldBeTold(request));
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
