using Skein.Agent.Images.Content;

namespace Skein.Agent.Images;

/// <summary>
/// Images in containerd's store, pulled by this client. References are Docker's: `httpd` means docker.io/library/httpd:latest;
/// a mirror for docker.io is asked first, then the image's own registry.
/// </summary>
public interface IImageStore : IImageContent
{
    /// <summary>Pulls and unpacks; a pull of what is here is cheap. Progress is reported as Docker's jsonmessage states per layer.</summary>
    Task<ImageRecord> PullAsync(string reference, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel);

    /// <param name="platform">Of an image for several the one for this, beside those that are here; null for the host's.</param>
    Task<ImageRecord> PullAsync(string reference, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel);

    /// <summary>Every tag that the registry has of a repository.</summary>
    Task<IReadOnlyList<ImageRecord>> PullAllAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel);

    /// <summary>Brings an image, or without a tag all images of that name, to its registry.</summary>
    /// <param name="platform">Of an image for several the one for this alone.</param>
    Task PushAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel);

    /// <summary>Digest, media type and platforms of a reference at its registry: GET /distribution/NAME/json.</summary>
    Task<RemoteImage> ResolveAsync(string reference, RegistryAuth? auth, CancellationToken cancel);

    /// <summary>Asks the registry at the credentials' address whether it takes them; Unauthenticated when it does not.</summary>
    Task LoginAsync(RegistryAuth auth, CancellationToken cancel);

    IReadOnlyList<ImageRecord> List();

    /// <summary>By reference, id or unique id prefix; null when there is none.</summary>
    ImageRecord? TryFind(string reference);

    /// <summary>As <see cref="TryFind"/>; NotFound "No such image: x" when there is none.</summary>
    ImageRecord Find(string reference) => TryFind(reference) ?? throw ImageCatalogue.NoSuchImage(reference);

    /// <summary>The one for a platform, or any; NotFound in Docker's words when there is none.</summary>
    ImageRecord Find(string reference, ImagePlatform? platform);

    /// <summary>How it was made, oldest step first.</summary>
    Task<IReadOnlyList<ImageStep>> HistoryAsync(string reference, CancellationToken cancel);

    Task<IReadOnlyList<(string? Untagged, string? Deleted)>> RemoveAsync(string reference, bool force, CancellationToken cancel);

    /// <summary>Loads a tar of docker save's (or an OCI layout's) form; answers with the references made.</summary>
    /// <param name="platform">Of an image for several the one for this alone.</param>
    Task<IReadOnlyList<string>> LoadAsync(Stream tar, ImagePlatform? platform, CancellationToken cancel);

    /// <summary>Writes a tar that <see cref="LoadAsync"/>, Docker and containerd read; a name without a tag means all of its tags.</summary>
    /// <param name="platform">Of an image for several the one for this alone.</param>
    Task SaveAsync(IReadOnlyList<string> references, ImagePlatform? platform, Stream target, CancellationToken cancel);

    /// <summary>Makes an image of another and what a container has made of it.</summary>
    /// <param name="layers">The folders of the container's root, its own first.</param>
    /// <param name="isStill">Whether the container was there all the time.</param>
    Task<ImageRecord> CommitAsync(string parentId, IReadOnlyList<string> layers, ImageMaking making, Func<bool> isStill, CancellationToken cancel);

    /// <summary>What a URL leads to; a server that falls silent ends it.</summary>
    Task<Stream> FetchAsync(Uri url, IProgress<ImageProgress> progress, CancellationToken cancel);

    /// <summary>Makes an image of a tar with files.</summary>
    /// <param name="platform">null for this host's.</param>
    Task<ImageRecord> ImportAsync(Stream tar, ImagePlatform? platform, ImageMaking making, CancellationToken cancel);

    Task<ImageRecord> TagAsync(string source, string target, CancellationToken cancel);
}
