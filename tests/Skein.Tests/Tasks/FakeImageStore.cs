using System.Runtime.CompilerServices;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Tests.Tasks;

internal sealed class FakeImageStore : IImageStore
{
    private static readonly ImageRecord Any = new(
        "sha256:" + new string('a', 64), ["httpd:latest"], [], null, 1, "amd64", "linux", [],
        new ImageConfig([], [], [], "", "", [], [], new Dictionary<string, string>(), "", null));

    public SkeinException? PullError { get; set; }

    public SkeinException? LoadError { get; set; }

    public bool Here { get; set; }

    public DateTimeOffset? Created { get; set; }

    public TaskCompletionSource PullCancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Hangs { get; set; }

    /// <summary>The registry takes connections and says nothing.</summary>
    public bool RegistryIsMute { get; set; }

    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _pulls;

    public int Pulls => Volatile.Read(ref _pulls);

    public RegistryAuth? PulledWith { get; private set; }

    public string Pulled { get; private set; } = "";

    /// <summary>A pull's progress.</summary>
    public IReadOnlyList<ImageProgress> Says { get; set; } = [];

    public async Task<ImageRecord> PullAsync(string reference, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        Interlocked.Increment(ref _pulls);
        PulledWith = auth;
        Pulled = reference;
        foreach (var said in Says) progress?.Report(said);
        if (PullError is not null) throw PullError;
        if (!Hangs) return Any;
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        finally
        {
            PullCancelled.TrySetResult();
        }
        return Any;
    }

    public ImageRecord? TryFind(string reference) => Here ? Any with { Created = Created } : null;

    public async Task<RemoteImage> ResolveAsync(string reference, RegistryAuth? auth, CancellationToken cancel)
    {
        Asked.TrySetResult();
        if (PullError is not null) throw PullError;
        if (RegistryIsMute) await Task.Delay(Timeout.Infinite, cancel);
        return new RemoteImage("sha256:" + new string('b', 64), "", 1, []);
    }

    public Task<ImageRecord> PullAsync(string reference, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        PulledPlatform = platform;
        return PullAsync(reference, auth, progress, cancel);
    }

    public ImagePlatform? PulledPlatform { get; private set; }

    public Task<IReadOnlyList<ImageRecord>> PullAllAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        PulledAll = name;
        return Task.FromResult<IReadOnlyList<ImageRecord>>([]);
    }

    public string PulledAll { get; private set; } = "";

    public async Task PushAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        await Task.Yield();
        foreach (var said in Says) progress.Report(said);
        if (PullError is not null) throw PullError;
        Pushed = (name, platform);
    }

    public (string Name, ImagePlatform? Platform)? Pushed { get; private set; }

    public Task LoginAsync(RegistryAuth auth, CancellationToken cancel) => throw new NotSupportedException();

    public IReadOnlyList<ImageRecord> List() => Here ? [Any with { Created = Created }] : [];

    public Task SaveAsync(IReadOnlyList<string> references, ImagePlatform? platform, Stream target, CancellationToken cancel) => throw new NotSupportedException();

    public ImageRecord Find(string reference, ImagePlatform? platform) => ((IImageStore)this).Find(reference);

    public Task<IReadOnlyList<ImageStep>> HistoryAsync(string reference, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<(string? Untagged, string? Deleted)>> RemoveAsync(string reference, bool force, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>What came last to be loaded.</summary>
    public byte[]? Loaded { get; private set; }

    public async Task<IReadOnlyList<string>> LoadAsync(Stream tar, ImagePlatform? platform, CancellationToken cancel)
    {
        if (LoadError is { } error) throw error;
        using var all = new MemoryStream();
        await tar.CopyToAsync(all, cancel);
        Loaded = all.ToArray();
        return [];
    }

    public ImageMaking? Making { get; private set; }

    public Task<ImageRecord> CommitAsync(string parentId, IReadOnlyList<string> layers, ImageMaking making, Func<bool> isStill, CancellationToken cancel)
    {
        Making = making;
        return Task.FromResult(Any);
    }

    public Task<Stream> FetchAsync(Uri url, IProgress<ImageProgress> progress, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ImageRecord> ImportAsync(Stream tar, ImagePlatform? platform, ImageMaking making, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Of what is here under tags, with the bytes of all by digest.</summary>
    public List<NamedManifest> Named { get; } = [];

    public Dictionary<string, byte[]> Content { get; } = [];

    public IReadOnlyList<NamedManifest> Manifests() => Named;

    public Task<long?> SizeAsync(string digest, CancellationToken cancel) => Task.FromResult(Content.TryGetValue(digest, out var bytes) ? bytes.LongLength : (long?)null);

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string digest, long offset, long count, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield();
        var rest = Content[digest].AsMemory((int)offset);
        foreach (var piece in (count > 0 ? rest[..(int)Math.Min(count, rest.Length)] : rest).ToArray().Chunk(1000)) yield return piece;
    }

    public Task<ImageRecord> TagAsync(string source, string target, CancellationToken cancel) => throw new NotSupportedException();
}
