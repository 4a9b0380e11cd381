using System.Text;
using Skein.Agent.Images.Content;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

/// <summary>Documents come from anywhere: a null where there should be something is said, not met later.</summary>
public class ImageJsonTests
{
    [Theory]
    [InlineData("[null]")]
    [InlineData("""[{"Config":null}]""")]
    [InlineData("""[{"Config":"c","RepoTags":[null]}]""")]
    [InlineData("""[{"Config":"c","Layers":[null]}]""")]
    public void A_saved_image_is_something(string json) => Assert.Equal(
        "invalid manifest, manifest cannot be null (but can be [])",
        Refusal(() => ImageJson.ReadSaved(Encoding.UTF8.GetBytes(json))));

    [Theory]
    [InlineData("""{"config":{},"layers":[null]}""")]
    [InlineData("""{"manifests":[null]}""")]
    [InlineData("""{"config":{}}""")]
    public void A_manifest_has_its_parts(string json) => Assert.Equal(
        "app: neither an image manifest nor an index",
        Refusal(() => ImageJson.ReadManifest(Encoding.UTF8.GetBytes(json), "app")));

    [Fact]
    public void A_layer_has_an_id() => Assert.Equal(
        "app: a layer without an id",
        Refusal(() => ImageJson.ReadConfig("""{"rootfs":{"diff_ids":[null]}}"""u8, "app")));

    [Fact]
    public void More_images_than_there_are_platforms_are_refused() => Assert.Equal(
        "app: an index of 1025 manifests",
        Refusal(() => ImageJson.ReadManifest(Encoding.UTF8.GetBytes($$"""{"manifests":[{{string.Join(',', Enumerable.Repeat("{}", 1025))}}]}"""), "app")));

    [Fact]
    public void More_layers_than_can_be_mounted_are_refused_before_one_is_fetched() => Assert.Equal(
        "app: max depth exceeded: 20000 layers",
        Refusal(() => ImageJson.ReadManifest(
            Encoding.UTF8.GetBytes($$"""{"config":{},"layers":[{{string.Join(',', Enumerable.Repeat("{}", 20_000))}}]}"""), "app")));

    [Theory]
    [InlineData("""{"config":{"size":-1},"layers":[]}""")]
    [InlineData("""{"config":{},"layers":[{"size":-1}]}""")]
    [InlineData("""{"manifests":[{"size":-9223372036854775808}]}""")]
    public void A_part_has_a_size(string json) => Assert.Equal(
        "app: a part of less than no bytes",
        Refusal(() => ImageJson.ReadManifest(Encoding.UTF8.GetBytes(json), "app")));

    [Fact]
    public void A_null_among_an_images_texts_is_an_empty_one()
    {
        var config = ImageJson.ReadConfig(
            """
            {"os":null,"history":[null],"config":{"Env":[null],"Cmd":[null],"Entrypoint":[null],"OnBuild":[null],"Labels":{"a":null},"Volumes":{"/v":null},
             "ExposedPorts":{"80":null},"Healthcheck":{"Test":[null]}}}
            """u8, "app");
        var read = ImageRecords.From("sha256:0", config, []).Config;
        Assert.Equal(
            ["", "", "", "", "", "/v", "80", ""],
            [.. read.Env, .. read.Cmd, .. read.Entrypoint, .. read.OnBuild, read.Labels["a"], .. read.Volumes, .. read.ExposedPorts, .. read.Healthcheck!.Test]);
        Assert.Equal(("", false), (config.Os, config.History![0].EmptyLayer));
    }

    [Fact]
    public void Nulls_in_a_manifest_are_no_digests_and_no_types()
    {
        var manifest = ImageJson.ReadManifest("""{"config":{"digest":null,"mediaType":null,"platform":{"os":null}},"layers":[{"digest":null}]}"""u8, "app");
        Assert.Equal(("", "", "", ""), (manifest.Config!.Digest, manifest.Config.MediaType, manifest.Config.Platform!.Os, manifest.Layers![0].Short));
    }

    [Fact]
    public void More_volumes_than_any_image_has_are_refused() => Assert.Equal(
        "app: an image of 1025 volumes",
        Refusal(() => ImageJson.ReadConfig(
            Encoding.UTF8.GetBytes("{\"config\":{\"Volumes\":{" + string.Join(',', Enumerable.Range(0, 1025).Select(i => $"\"/{i}\":{{}}")) + "}}}"), "app")));

    private static string Refusal(Action read)
    {
        var error = Assert.Throws<SkeinException>(read);
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        return error.Message;
    }
}
