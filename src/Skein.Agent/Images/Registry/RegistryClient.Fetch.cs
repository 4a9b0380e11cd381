using Skein.Model;

namespace Skein.Agent.Images.Registry;

internal sealed partial class RegistryClient
{
    // A line for each MiB, as of a pull.
    private const long ToldEvery = 1 << 20;

    /// <summary>What any server has at a URL, for `docker import`.</summary>
    public async Task<Stream> FetchAsync(Uri url, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            var answer = await SendOnceAsync(_verifying, request, url.GetLeftPart(UriPartial.Path), time, cancel);
            if (!answer.IsSuccessStatusCode)
            {
                using (answer) throw new SkeinException(ErrorKind.Internal, $"failed to GET {url} with status {(int)answer.StatusCode} {answer.ReasonPhrase}");
            }
            var total = answer.Content.Headers.ContentLength;
            return new CountedStream(new AnswerStream(await answer.Content.ReadAsStreamAsync(cancel), SilenceMax, time), ToldEvery,
                read => progress.Report(new ImageProgress("", "Importing", read, total)));
        }
        catch (RegistryUnreachableException error)
        {
            throw new SkeinException(ErrorKind.Internal, error.Message, error);
        }
    }
}
