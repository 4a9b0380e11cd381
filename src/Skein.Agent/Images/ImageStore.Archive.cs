using Skein.Agent.Images.Content;
using Skein.Model;

namespace Skein.Agent.Images;

public sealed partial class ImageStore
{
    public async Task<IReadOnlyList<string>> LoadAsync(Stream tar, ImagePlatform? platform, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        using var archive = await ImageArchive.SpoolAsync(tar, _workDirectory, cancel);
        var made = new List<string>();
        foreach (var image in await archive.ReadImagesAsync(platform, cancel))
        {
            IReadOnlyList<string> names = image.Names.Count > 0 ? image.Names : [image.ConfigDigest];
            foreach (var content in image.Contents) await InstallAsync(content, names, archive, progress: null, cancel);
            made.AddRange(image.Names.Count > 0 ? image.Names.Select(name => ImageReference.Parse(name).Familiar) : [image.ConfigDigest]);
        }
        return made;
    }

    public async Task SaveAsync(IReadOnlyList<string> references, ImagePlatform? platform, Stream target, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var catalogue = _catalogue;
        var wanted = references.SelectMany(catalogue.Named).ToList();
        var items = wanted.GroupBy(entry => entry.Target.Digest).Select(image => new SaveItem(
            image.First(),
            [.. image.Select(entry => entry.Reference).OfType<ImageReference>().Where(reference => reference.Digest.Length == 0).Distinct()])).ToList();
        await new ImageSaver(_content, _workDirectory).SaveAsync(platform is null ? items : [.. items.Select(item => item.Of(platform))], target, cancel);
    }
}
