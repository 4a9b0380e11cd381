using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Skein.Api.Images;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public class ImageRemovalTests
{
    private static readonly string s_id = "sha256:" + new string('a', 64);
    private static readonly string s_digest = "sha256:" + new string('b', 64);

    private static readonly ImageUser s_running = new(new string('c', 64), Running: true);
    private static readonly ImageUser s_stopped = s_running with { Running = false };

    [Fact]
    public void An_image_that_runs_loses_its_name_by_force_and_stays()
    {
        var plan = Plan("web:1", force: true, s_running);
        Assert.Equal("docker.io/library/web:1", Assert.Single(plan.Names));
        Assert.Equal("docker.io/library/web:1", plan.Kept?.Name);
        Assert.Equal([("web:1", null), ($"web@{s_digest}", null)], plan.Answer);
    }

    [Fact]
    public void By_its_id_it_is_not_removed_by_any_force() => Assert.Equal(
        "conflict: unable to delete aaaaaaaaaaaa (cannot be forced) - image is being used by running container cccccccccccc",
        Assert.Throws<SkeinException>(() => Plan("aaaaaaaaaaaa", force: true, s_running)).Message);

    [Fact]
    public void What_an_ended_container_was_made_from_goes_by_force()
    {
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<SkeinException>(() => Plan("web:1", force: false, s_stopped)).Kind);
        var plan = Plan("web:1", force: true, s_stopped);
        Assert.Null(plan.Kept);
        Assert.Contains((null, s_id), plan.Answer);
    }

    /// <summary>Docker tells of the tag; of names by digest, which go with it, and of layers it does not.</summary>
    [Fact]
    public void A_removal_is_told_once()
    {
        Assert.Equal(["untag"], ImageEvents.Of(Plan("web:1", force: true, s_running).Answer, s_id));
        Assert.Equal(["untag", "delete"], ImageEvents.Of(Plan("web:1", force: false).Answer, s_id));
    }

    private static ImageRemoval Plan(string text, bool force, params ImageUser[] users)
    {
        var image = new ImageRecord(
            s_id, [], [], null, 1, "amd64", "linux", ["sha256:" + new string('d', 64)],
            new ImageConfig([], [], [], "", "", [], [], new Dictionary<string, string>(), "", null));
        var target = new OciDescriptor { MediaType = MediaTypes.OciManifest, Digest = s_digest, Size = 1 };
        return ImageRemoval.Plan(ImageCatalogue.Empty.With(new CatalogueEntry("docker.io/library/web:1", target, s_digest, image)), text, force, _ => users);
    }
}
