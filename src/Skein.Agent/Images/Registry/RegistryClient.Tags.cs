using System.Text.Json;
using System.Text.RegularExpressions;
using Skein.Agent.Images.Content;

namespace Skein.Agent.Images.Registry;

internal sealed partial class RegistryClient
{
    /// <summary>All tags of a repository, page by page.</summary>
    /// <param name="most">More are an error: a registry could go on for ever.</param>
    public Task<IReadOnlyList<string>> ListTagsAsync(ImageReference reference, RegistryAuth? auth, int most, CancellationToken cancel) =>
        AskEachAsync(reference, (host, token) => ListTagsAsync(host, reference, auth, most, token), midway: false, cancel);

    private async Task<IReadOnlyList<string>> ListTagsAsync(RegistryHost host, ImageReference reference, RegistryAuth? auth, int most, CancellationToken cancel)
    {
        var (tags, told) = (new List<string>(), 0);
        for (string? query = ""; query is not null;)
        {
            using var response = await SendAsync(host, reference, "tags/list" + query, _ => { }, auth, cancel);
            var page = Read(await ReadDocumentAsync(response, $"{host.Base}/v2/", DocumentSizeMax, time, cancel)).Tags ?? [];
            // Also those that are none: a page of them leads to the next.
            if ((told += page.Count) > most) throw new RegistryException("UNKNOWN", $"{reference.FamiliarName} has more than {most} tags", 200);
            tags.AddRange(page.Where(tag => ImageReference.TryParse($"{reference.Repository}:{tag}", out _)));
            // Of where the next page is, only what is asked for is taken: it is of the same repository, at the same host.
            query = page.Count > 0 && response.Headers.NonValidated.TryGetValues("Link", out var links) && NextPage().Match(links.ToString()) is { Success: true } next ? next.Groups[1].Value : null;
        }
        return tags;
    }

    private static RegistryTags Read(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, ImageJson.Default.RegistryTags) ?? new();
        }
        catch (JsonException error)
        {
            throw new RegistryException("UNKNOWN", $"unable to decode the list of tags: {error.Message}", 200);
        }
    }

    [GeneratedRegex("""^<[^>?]*(\?[^>#]*)>; *rel="?next"?""")]
    private static partial Regex NextPage();
}
