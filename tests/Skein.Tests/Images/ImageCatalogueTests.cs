using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Xunit;

namespace Skein.Tests.Images;

public class ImageCatalogueTests
{
    private static readonly CatalogueEntry Old = Entry("docker.io/library/app:latest", 'a');
    private static readonly CatalogueEntry New = Entry("docker.io/library/app:latest", 'b');

    [Fact]
    public void An_image_whose_last_name_moves_goes_on_by_its_digest()
    {
        var left = ImageCatalogue.Empty.With(Old).LeftNamelessBy(New);
        Assert.Equal(("docker.io/library/app@" + Old.Target.Digest, Old.Target), (left!.Name, left.Target));
        var after = ImageCatalogue.Empty.With(Old).With(left).With(New);
        Assert.Equal((New.Image.Id, Old.Image.Id), (after.TryFind("app")!.Id, after.TryFind(Old.Image.Id)!.Id));
        Assert.Empty(after.TryFind(Old.Image.Id)!.Tags);
        Assert.Equal(Old.Image.Id, after.TryFind("app@" + Old.Target.Digest)!.Id);
    }

    [Fact]
    public void A_digest_is_found_under_its_own_name_only()
    {
        var catalogue = ImageCatalogue.Empty.With(Old);
        Assert.Equal(Old.Image.Id, catalogue.TryFind("app@" + Old.Target.Digest)?.Id);
        Assert.Equal(Old.Image.Id, catalogue.TryFind("app:v9@" + Old.Target.Digest)?.Id);
        Assert.Null(catalogue.TryFind("other@" + Old.Target.Digest));
        Assert.Throws<Skein.Model.SkeinException>(() => ImageRemoval.Plan(catalogue, "other@" + Old.Target.Digest, force: true, _ => []));
        Assert.Throws<Skein.Model.SkeinException>(() => catalogue.Named("other@" + Old.Target.Digest));
    }

    /// <summary>What `docker build -q` prints, where the images are containerd's.</summary>
    [Fact]
    public void The_whole_digest_of_a_manifest_is_an_id()
    {
        var digest = "sha256:" + new string('f', 64);
        var catalogue = ImageCatalogue.Empty.With(Old with { Target = new() { Digest = digest }, ManifestDigest = digest });
        Assert.Equal(Old.Image.Id, catalogue.TryFind(digest)?.Id);
        Assert.Null(catalogue.TryFind(digest[..^1]));
    }

    [Fact]
    public void One_that_has_another_name_or_keeps_this_one_needs_no_more()
    {
        Assert.Null(ImageCatalogue.Empty.With(Old).With(Entry("docker.io/library/app:v1", 'a')).LeftNamelessBy(New));
        Assert.Null(ImageCatalogue.Empty.With(Old).LeftNamelessBy(Old));
        Assert.Null(ImageCatalogue.Empty.LeftNamelessBy(New));
    }

    private static CatalogueEntry Entry(string name, char id)
    {
        var digest = "sha256:" + new string(id, 64);
        var config = new ImageConfig([], [], [], "", "", [], [], new Dictionary<string, string>(), "", null);
        return new CatalogueEntry(
            name, new OciDescriptor { Digest = digest }, digest, new ImageRecord(digest, [], [], null, 1, "amd64", "linux", [], config));
    }
}
