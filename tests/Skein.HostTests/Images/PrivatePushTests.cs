using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Images;

/// <summary>Registries that ask who pushes: by a password, and by a token.</summary>
public sealed class PrivatePushTests(ImageBed bed) : IClassFixture<ImageBed>
{
    [Fact]
    public async Task A_password_is_needed_and_taken()
    {
        await using var registry = await RegistryProcess.StartPrivateAsync();
        using var store = bed.NewStore();
        await PushTests.LoadAsync(store, TestImage.Make("with password"), "password:1");
        var name = $"{registry.Address}/team/password:v1";
        await store.TagAsync("password:1", name, Poll.Soon);

        Assert.Equal("no basic auth credentials", (await PushFailsAsync(store, name, null)).Message);
        Assert.Equal("unauthorized: authentication required", (await PushFailsAsync(store, name, new("reader", "wrong", "", "", registry.Address))).Message);
        await store.PushAsync(name, null, new("reader", "open sesame", "", "", registry.Address), new PushTests.Said(), Poll.Soon);
        Assert.NotEmpty((await store.ResolveAsync(name, new("reader", "open sesame", "", "", registry.Address), Poll.Soon)).Digest);
    }

    [Fact]
    public async Task A_token_is_asked_for_what_is_done_and_anew_when_it_is_over()
    {
        await using var tokens = new TokenServer();
        await using var registry = await RegistryProcess.StartAsync(tokens);
        using var store = bed.NewStore();
        await PushTests.LoadAsync(store, TestImage.Make("with token"), "token:1");
        var (one, two) = ($"{registry.Address}/team/token:v1", $"{registry.Address}/team/mounted:v1");
        await store.TagAsync("token:1", one, Poll.Soon);
        await store.TagAsync("token:1", two, Poll.Soon);
        var writer = new RegistryAuth("writer", "open sesame", "", "", registry.Address);

        Assert.StartsWith("denied: ", (await PushFailsAsync(store, one, null)).Message.Replace("unauthorized", "denied"));
        tokens.Asked.Clear();
        await store.PushAsync(one, null, writer, new PushTests.Said(), Poll.Soon);
        // Several uploads begin at once; none asks for less than the next will need.
        Assert.All(tokens.Asked, scope => Assert.Equal("repository:team/token:pull,push", scope));

        // A server whose tokens are over before they are used: each request asks for its own.
        tokens.Lifetime = 0;
        var said = new PushTests.Said();
        tokens.Asked.Clear();
        await store.PushAsync(two, null, writer, said, Poll.Soon);
        Assert.Contains("repository:team/mounted:pull,push repository:team/token:pull", tokens.Asked);
        Assert.Equal(2, said.Words.Count(word => word.EndsWith(" Mounted from team/token", StringComparison.Ordinal)));
    }

    private static Task<SkeinException> PushFailsAsync(ImageStore store, string name, RegistryAuth? auth) =>
        Assert.ThrowsAsync<SkeinException>(() => store.PushAsync(name, null, auth, new PushTests.Said(), Poll.Soon));
}
