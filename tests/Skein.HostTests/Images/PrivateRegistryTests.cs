using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Images;

/// <summary>A registry that gives nothing without a password.</summary>
public sealed class PrivateRegistryTests(ImageBed bed) : IClassFixture<ImageBed>, IAsyncLifetime
{
    private RegistryProcess _private = null!;

    public async ValueTask InitializeAsync() => _private = await RegistryProcess.StartPrivateAsync();

    public ValueTask DisposeAsync() => _private.DisposeAsync();

    [Fact]
    public async Task A_pull_needs_the_credentials_and_the_digest_is_told_to_who_has_them()
    {
        var image = TestImage.Make("private", layers: [TestImage.Layer(("private", TestImage.Text("private")))]);
        await _private.PushAsync("team/private", "v1", image);
        var name = $"{_private.Address}/team/private:v1";
        using var store = bed.NewStore();

        await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync(name, null, null, Poll.Soon));
        await Assert.ThrowsAsync<SkeinException>(() => store.PullAsync(name, Reader("wrong"), null, Poll.Soon));
        Assert.Equal("No such image: " + name, Assert.Throws<SkeinException>(() => store.Find(name)).Message);
        await Assert.ThrowsAsync<SkeinException>(() => store.ResolveAsync(name, null, Poll.Soon));

        Assert.Equal(image.Target.Digest, (await store.ResolveAsync(name, Reader("open sesame"), Poll.Soon)).Digest);
        Assert.Equal(image.Id, (await store.PullAsync(name, Reader("open sesame"), null, Poll.Soon)).Id);
    }

    [Fact]
    public async Task Who_may_does_not_wait_for_the_pull_of_who_may_not()
    {
        var image = TestImage.Make("crowded", layers: [TestImage.Layer(("crowded", TestImage.Text("crowded")))]);
        await _private.PushAsync("team/crowded", "v1", image);
        var name = $"{_private.Address}/team/crowded:v1";
        using var store = bed.NewStore();
        await store.OpenAsync(Poll.Soon);

        var stranger = store.PullAsync(name, null, null, Poll.Soon);
        var reader = store.PullAsync(name, Reader("open sesame"), null, Poll.Soon);

        Assert.Equal(image.Id, (await reader).Id);
        await Assert.ThrowsAsync<SkeinException>(() => stranger);
    }

    [Fact]
    public async Task A_login_is_asked_of_the_registry()
    {
        using var store = bed.NewStore();

        await store.LoginAsync(Reader("open sesame"), Poll.Soon);
        await store.LoginAsync(Reader("open sesame") with { ServerAddress = $"http://{_private.Address}/v2/" }, Poll.Soon);
        await store.LoginAsync(Reader("anything") with { ServerAddress = bed.Registry.Address }, Poll.Soon);   // it wants none

        var refused = await Assert.ThrowsAsync<SkeinException>(() => store.LoginAsync(Reader("wrong"), Poll.Soon));
        Assert.Equal(ErrorKind.Unauthenticated, refused.Kind);
        Assert.Equal($"login attempt to http://{_private.Address}/v2/ failed with status: 401 Unauthorized", refused.Message);
        var away = await Assert.ThrowsAsync<SkeinException>(() => store.LoginAsync(Reader("x") with { ServerAddress = "127.0.0.1:1" }, Poll.Soon));
        Assert.Equal("Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", away.Message);
    }

    private RegistryAuth Reader(string password) => new("reader", password, "", "", _private.Address);
}
