using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Images;
using Skein.Agent.Images.Content;
using Skein.Agent.Images.Registry;
using Skein.Agent.Streams;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

/// <summary>A registry that falls silent in the midst of its answer, as one does whose power is cut: no connection breaks.</summary>
public sealed class MuteRegistryTests : IDisposable
{
    private static readonly ImageReference App = ImageReference.Parse("registry.example/app");
    private static readonly OciDescriptor Layer = new() { Digest = "sha256:" + new string('a', 64), Size = 10 };

    private readonly FakeTimeProvider _time = new();
    private readonly RegistryClient _registry;

    public MuteRegistryTests() => _registry = new(RegistryConfig.Default, _ => new MuteAfter("abc"u8.ToArray()), _time, NullLogger<RegistryClient>.Instance);

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task A_blob_that_stops_coming_is_a_broken_connection()
    {
        await using var blob = await _registry.OpenBlobAsync(App, Layer, 0, null, default);
        var buffer = new byte[10];
        Assert.Equal(3, await blob.ReadAsync(buffer));

        var next = blob.ReadAsync(buffer).AsTask();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<IOException>(() => next.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task Who_no_longer_wants_a_blob_is_not_told_of_a_broken_connection()
    {
        await using var blob = await _registry.OpenBlobAsync(App, Layer, 0, null, default);
        var buffer = new byte[10];
        Assert.Equal(3, await blob.ReadAsync(buffer));
        using var leaves = new CancellationTokenSource();

        var next = blob.ReadAsync(buffer, leaves.Token).AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task A_manifest_that_stops_coming_is_no_answer()
    {
        var asked = _registry.GetManifestAsync(App, "latest", null, midway: false, default);
        _time.Advance(TimeSpan.FromSeconds(15));
        var error = await Assert.ThrowsAsync<SkeinException>(() => asked.WaitAsync(Poll.Patience));
        Assert.Contains("Client.Timeout", error.Message);
    }

    private sealed class MuteAfter(byte[] beginning) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StreamContent(new PrefixedStream(beginning, new Silence())) { Headers = { ContentType = new MediaTypeHeaderValue(MediaTypes.OciManifest) } },
            });
    }

    private sealed class Silence : ReadOnlyStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
    }
}
