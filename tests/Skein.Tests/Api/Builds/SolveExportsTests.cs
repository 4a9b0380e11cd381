using Skein.Api.Builds;
using Skein.Api.Builds.Protocol;
using Xunit;

namespace Skein.Tests.Api.Builds;

public class SolveExportsTests
{
    [Fact]
    public void An_image_for_the_host_is_sent_and_awaited()
    {
        var request = new SolveRequest { Exporter = "moby", ExporterAttrs = { ["name"] = "app" }, Session = "s" };
        Assert.Equal([0], SolveExports.Rewrite(request));
        Assert.Equal(new SolveRequest { Exporter = "oci", ExporterAttrs = { ["name"] = "app" }, Session = "s" }, request);
    }

    [Fact]
    public void Of_several_exporters_the_one_for_the_host_is_told_by_its_place()
    {
        var request = new SolveRequest { Exporter = "local", Exporters = { new Exporter { Type = "local" }, new Exporter { Type = "moby", Attrs = { ["name"] = "app" } } } };
        Assert.Equal([1], SolveExports.Rewrite(request));
        Assert.Equal(["local", "oci"], request.Exporters.Select(exporter => exporter.Type));
        Assert.Equal("local", request.Exporter);
    }

    [Fact]
    public void An_image_to_be_pushed_too_is_pushed_by_an_exporter_of_its_own()
    {
        var request = new SolveRequest { Exporter = "moby", Exporters = { new Exporter { Type = "moby", Attrs = { ["name"] = "r/app", ["push"] = "true" } } } };
        Assert.True(SolveExports.NeedsTwo(request));
        Assert.Equal([0], SolveExports.Rewrite(request));
        Assert.Equal(["oci", "image"], request.Exporters.Select(exporter => exporter.Type));
        Assert.Equal("true", request.Exporters[1].Attrs["push"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("local")]
    [InlineData("image")]
    public void What_is_not_for_the_host_stays(string exporter)
    {
        var request = new SolveRequest { Exporter = exporter, ExporterAttrs = { ["push"] = "true" } };
        Assert.False(SolveExports.NeedsTwo(request));
        Assert.Empty(SolveExports.Rewrite(request));
        Assert.Equal(exporter, request.Exporter);
    }

    [Fact]
    public void Fields_of_a_newer_BuildKit_pass_through()
    {
        // Field 99, a string: no field of ours.
        var request = SolveRequest.Parser.ParseFrom([0x1a, 4, .. "moby"u8, 0x9a, 0x06, 2, .. "ab"u8]);
        SolveExports.Rewrite(request);
        Assert.Equal([0x1a, 3, .. "oci"u8, 0x9a, 0x06, 2, .. "ab"u8], Google.Protobuf.MessageExtensions.ToByteArray(request));
    }
}
