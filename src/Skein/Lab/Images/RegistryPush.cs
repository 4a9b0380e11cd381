using System.Net;
using System.Net.Http.Headers;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Lab.Images;

/// <summary>Puts blobs and manifests into a registry, by distribution's HTTP API v2.</summary>
internal sealed class RegistryPush(HttpClient client, string repository)
{
    public async Task BlobAsync(byte[] content, CancellationToken cancel)
    {
        var digest = ContentDigest.Of(content);
        using var there = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"v2/{repository}/blobs/{digest}"), cancel);
        if (there.StatusCode == HttpStatusCode.OK)
            return;

        using var begun = await client.PostAsync($"v2/{repository}/blobs/uploads/", null, cancel);
        await ExpectAsync(begun, HttpStatusCode.Accepted, cancel);
        var location = begun.Headers.Location!.ToString();
        location += (location.Contains('?', StringComparison.Ordinal) ? '&' : '?') + "digest=" + Uri.EscapeDataString(digest);
        using var put = await client.PutAsync(location, Body(content, "application/octet-stream"), cancel);
        await ExpectAsync(put, HttpStatusCode.Created, cancel);
    }

    /// <param name="reference">A tag, or the digest of the content.</param>
    public async Task ManifestAsync(string reference, byte[] content, string mediaType, CancellationToken cancel)
    {
        using var put = await client.PutAsync($"v2/{repository}/manifests/{reference}", Body(content, mediaType), cancel);
        await ExpectAsync(put, HttpStatusCode.Created, cancel);
    }

    private static ByteArrayContent Body(byte[] content, string mediaType) =>
        new(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };

    private static async Task ExpectAsync(HttpResponseMessage response, HttpStatusCode status, CancellationToken cancel)
    {
        if (response.StatusCode != status)
        {
            throw new SkeinException(
                ErrorKind.Internal,
                $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}");
        }
    }
}
