using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Xunit;

namespace Skein.Tests.Images;

public class ImageCatalogueTests
{
    private static readonly CatalogueEntry Old = Entry("docker.io/library/app:latest", 'a');
    private static readonly CatalogueEntry New = Entry("docker.io/library/app:latest", 'b');

    [Fact]
    public void An_image_whose_last_name_moves_goes_on_by_its_id()
    {
        var left = ImageCatalogue.Empty.With(Old).LeftNamelessBy(New);
        Assert.Equal((Old.Image.Id, Old.Target), (left!.Name, left.Target));
        Assert.Null(left.Reference);
        var after = ImageCatalogue.Empty.With(Old).With(left).With(New);
        Assert.Equal((New.Image.Id, Old.Image.Id), (after.TryFind("app")!.Id, after.TryFind(Old.Image.Id)!.Id));
        Assert.Empty(after.TryFind(Old.Image.Id)!.Tags);
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
