using CsCheck;
using Skein.Agent.Images;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Model;
using Skein.Tests.Tasks;
using Xunit;

namespace Skein.Tests.Api;

public class ImageVerbsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("before", "httpd", -1, true)]
    [InlineData("before", "httpd", 0, false)]
    [InlineData("since", "httpd", 0, false)]
    [InlineData("since", "httpd", 1, true)]
    [InlineData("until", "10m", -11, true)]
    [InlineData("until", "10m", -9, false)]
    [InlineData("label!", "kept=yes", 0, false)]
    [InlineData("label!", "kept=no", 0, true)]
    [InlineData("dangling", "true", 0, false)]
    [InlineData("reference", "web:*", 0, true)]
    public void A_filter_means_what_it_says(string key, string value, int minutes, bool taken)
    {
        var store = new FakeImageStore { Here = true, Created = s_now };
        var filter = new ImageFilter(Filters.Parse($$"""{"{{key}}":["{{value}}"]}"""), store, s_now);
        Assert.Equal(taken, filter.Take(Image("sha256:1", s_now.AddMinutes(minutes))) is not null);
    }

    [Theory]
    [InlineData("a*", "app", true)]
    [InlineData("a*", "a/pp", false)]
    [InlineData("*/pp", "a/pp", true)]
    [InlineData("a?p", "a/p", false)]
    [InlineData("*b*d", "abcbd", true)]
    [InlineData("[a-c]pp", "bpp", true)]
    [InlineData("[^a-c]pp", "bpp", false)]
    [InlineData("[a", "a", false)]
    [InlineData("a\\*", "a*", true)]
    [InlineData("a\\*", "ab", false)]
    [InlineData("app*", "app", true)]
    [InlineData("app", "apple", false)]
    [InlineData("", "a", false)]
    public void A_pattern_stops_at_a_slash(string pattern, string text, bool matches) => Assert.Equal(matches, PathPattern.Matches(pattern, text));

    [Theory]
    [InlineData("a/b", "", "a/b:latest")]
    [InlineData("a/b:1", "", "a/b:1")]
    [InlineData("a/b:1", "2", "a/b:2")]
    [InlineData("localhost:5000/b", "2", "localhost:5000/b:2")]
    public void An_image_is_tagged_by_name_and_tag_in_one_or_two(string name, string tag, string target) =>
        Assert.Equal(target, RequestedImage.NewName(name, tag));

    [Theory]
    [InlineData("httpd", "2", "httpd:2")]
    [InlineData("httpd:2", "", "httpd:2")]
    [InlineData("httpd:2", "3", "httpd:3")]
    [InlineData("localhost:5000/app", "2", "localhost:5000/app:2")]
    [InlineData("localhost:5000/app:1", "", "localhost:5000/app:1")]
    [InlineData("httpd:2", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "httpd@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task An_image_is_pulled_by_name_and_tag_in_one_or_two(string name, string tag, string pulled)
    {
        await using var server = await ApiServer.StartAsync();
        await server.PostAsync($"/images/create?fromImage={name}&tag={tag}", "");
        Assert.Equal(pulled, server.Images.Pulled);
    }

    [Theory]
    [InlineData("localhost:5000/app")]
    [InlineData("localhost:5000/app:")]
    public async Task All_tags_are_pulled_at_once(string name)
    {
        await using var server = await ApiServer.StartAsync();
        Assert.Equal(200, (await server.PostAsync($"/images/create?fromImage={name}", "")).Status);
        Assert.Equal("localhost:5000/app", server.Images.PulledAll);
    }

    [Fact]
    public async Task An_image_is_pulled_and_pushed_for_a_platform()
    {
        await using var server = await ApiServer.StartAsync();
        await server.PostAsync("/images/create?fromImage=httpd&tag=2&platform=linux/arm/v7", "");
        Assert.Equal(new ImagePlatform("linux", "arm", "v7"), server.Images.PulledPlatform);
        await server.PostAsync("""/images/httpd/push?tag=2&platform={"os":"linux","architecture":"arm64"}""".Replace("\"", "%22", StringComparison.Ordinal), "");
        Assert.Equal(("httpd:2", new ImagePlatform("linux", "arm64", "")), server.Images.Pushed);
    }

    [Fact]
    public async Task What_is_no_archive_is_said_in_the_answers_lines()
    {
        await using var server = await ApiServer.StartAsync();
        server.Images.LoadError = new(ErrorKind.Internal, "archive/tar: invalid tar header");
        var (status, body) = await server.PostAsync("/images/load", "garbage", "application/x-tar");
        Assert.Equal(200, status);
        Assert.Contains("""{"errorDetail":{"message":"archive/tar: invalid tar header"},"error":"archive/tar: invalid tar header"}""", body);
    }

    /// <summary>docker-compose 1.29 looks into it whenever it makes a container anew.</summary>
    [Theory]
    [InlineData("1.44")]
    [InlineData("1.51")]
    public async Task An_older_client_finds_the_container_of_an_image_in_any_version(string version)
    {
        await using var server = await ApiServer.StartAsync();
        server.Images.Here = true;
        Assert.Contains("\"ContainerConfig\":{", (await server.AskAsync("GET", $"/v{version}/images/httpd/json")).Body);
    }

    [Theory]
    [InlineData("/v1.43/images/json", true)]
    [InlineData("/v1.44/images/json", false)]
    [InlineData("/v1.41/system/df", true)]
    public async Task Older_clients_reckon_with_the_virtual_size(string path, bool there)
    {
        await using var server = await ApiServer.StartAsync();
        server.Images.Here = true;
        Assert.Equal(there, (await server.AskAsync("GET", path)).Body.Contains("\"VirtualSize\":1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(42, new[] { "<none>:<none>" }, new[] { "<none>@<none>" })]
    [InlineData(43, new string[0], new string[0])]
    public void To_older_clients_an_image_without_a_name_is_called_none(int minor, string[] tags, string[] digests)
    {
        var row = ImageSummaryJson.From(Image("sha256:1", s_now) with { Tags = [], Digests = [] }, new(1, minor));
        Assert.Equal(tags, row.RepoTags);
        Assert.Equal(digests, row.RepoDigests);
    }

    [Fact]
    public void A_layer_of_two_images_is_counted_once()
    {
        var one = Image("sha256:1", s_now) with { Layers = ["sha256:a", "sha256:b"], LayerSizes = [100, 10] };
        var two = Image("sha256:2", s_now) with { Layers = ["sha256:a", "sha256:c"], LayerSizes = [100, 1] };
        // The same files upon others are another directory on disk.
        var three = Image("sha256:3", s_now) with { Layers = ["sha256:b"], LayerSizes = [10] };
        var sharing = new LayerSharing([one, two, three]);
        Assert.Equal((121, 100, 100, 0), (sharing.Total, sharing.SharedBy(one), sharing.SharedBy(two), sharing.SharedBy(three)));
    }

    /// <summary>As the CLI reckons: all there is, but for what the images of containers have for themselves.</summary>
    [Fact]
    public void What_docker_calls_reclaimable_is_a_part_of_all_there_is() =>
        // Sizes belong to the image here: even records that contradict each other give no nonsense.
        Gen.Select(Gen.Int[0, 3].Array[0, 5], Gen.Int[0, 1000].Array[0, 5], Gen.Bool).Array[0, 6].Sample(drawn =>
        {
            var images = drawn.Select((d, at) =>
            {
                long[] sizes = [.. d.Item2.Take(d.Item1.Length).Select(size => (long)size)];
                return Image($"sha256:{at}", s_now) with { Layers = [.. d.Item1.Select(layer => $"sha256:{layer}")], LayerSizes = sizes, Size = sizes.Sum() };
            }).ToList();
            var sharing = new LayerSharing(images);
            var own = images.Where((_, at) => drawn[at].Item3).Sum(image => image.Size - sharing.SharedBy(image));
            Assert.InRange(sharing.Total - own, 0, sharing.Total);
        });

    [Theory]
    [InlineData("v1.43", true)]
    [InlineData("v1.44", false)]
    public async Task An_image_says_what_keeps_its_layers_to_all_and_its_virtual_size_to_older_clients(string version, bool there)
    {
        await using var server = await ApiServer.StartAsync();
        server.Images.Here = true;
        var (status, body) = await server.AskAsync("GET", $"/{version}/images/httpd/json");
        Assert.Equal((200, there), (status, body.Contains("\"VirtualSize\":1", StringComparison.Ordinal)));
        Assert.Contains("\"GraphDriver\":{\"Name\":\"overlayfs\",\"Data\":null}", body);
    }

    [Theory]
    [InlineData("linux/arm64", "linux/arm64")]
    [InlineData("linux/ARM/v7", "linux/arm/v7")]
    [InlineData("s390x", "linux/s390x")]
    [InlineData("aarch64", "linux/arm64")]
    [InlineData("windows/amd64", "windows/amd64")]
    [InlineData("""{"architecture":"arm","os":"linux","variant":"v6"}""", "linux/arm/v6")]
    public void A_platform_is_named_in_several_ways(string text, string platform) => Assert.Equal(platform, RequestedPlatform.Parse(text)!.ToString());

    [Theory]
    [InlineData("{bad")]
    [InlineData("bogus")]
    [InlineData("""{"os":"linux"}""")]
    [InlineData("linux/a b")]
    [InlineData("a/b/c/d")]
    public void What_is_no_platform_is_refused(string text) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<SkeinException>(() => RequestedPlatform.Parse(text)).Kind);

    [Fact]
    public void An_image_for_another_platform_is_warned_of()
    {
        var image = Image("sha256:1", s_now) with { Architecture = "arm", Variant = "v7" };
        Assert.StartsWith("The requested image's platform (linux/arm/v7) does not match the detected host platform (linux/", RequestedPlatform.Foreign(image));
        Assert.Null(RequestedPlatform.Foreign(image with { Os = "", Architecture = "" }));
    }

    [Fact]
    public void The_newest_step_bears_the_images_name()
    {
        var rows = ImageHistoryJson.From(Image("sha256:1", s_now), [new ImageStep(s_now, "ADD", "", 7), new ImageStep(s_now, "CMD", "", 0)]);
        Assert.Equal([("sha256:1", "CMD", 0L), ("<missing>", "ADD", 7L)], rows.Select(r => (r.Id, r.CreatedBy, r.Size)));
        Assert.Equal(["web:1"], rows[0].Tags);
        Assert.Null(rows[1].Tags);
    }

    private static ImageRecord Image(string id, DateTimeOffset created) => new(
        id, ["web:1"], [], created, 1, "amd64", "linux", [],
        new ImageConfig([], [], [], "", "", [], [], new Dictionary<string, string> { ["kept"] = "yes" }, "", null));
}
