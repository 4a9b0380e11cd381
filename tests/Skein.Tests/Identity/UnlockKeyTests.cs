using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.Tests.Identity;

public class UnlockKeyTests
{
    private static readonly UnlockKey s_key = UnlockKey.Of(new byte[UnlockKey.Size])!;

    [Fact]
    public void A_key_reads_as_Dockers_do()
    {
        const string docker = "SWMKEY-1-sbJ1IjYIag8/aXGsuWwk32mmNgXvJhBngTJvrh2YU3A";
        Assert.Equal(docker, UnlockKey.Parse(docker).ToString());
        Assert.True(UnlockKey.Parse(s_key.ToString()).IsSame(s_key));
        Assert.False(UnlockKey.Parse(docker).IsSame(s_key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("SWMKEY-1-")]
    [InlineData("SWMKEY-1-AAAA")]
    [InlineData("SWMKEY-1-sbJ1IjYIag8/aXGsuWwk32mmNgXvJhBngTJvrh2YU3A=")]
    [InlineData("SWMKEY-1-sbJ1IjYIag8/aXGsuWwk32mmNgXvJhBngTJvrh2YU3AAAAAAAAAA")]
    [InlineData("SWMTKN-1-sbJ1IjYIag8/aXGsuWwk32mmNgXvJhBngTJvrh2YU3A")]
    public void What_is_no_key_is_refused_in_Dockers_words(string text) =>
        Assert.Equal("invalid key string", Assert.Throws<SkeinException>(() => UnlockKey.Parse(text)).Message);

    [Fact]
    public void What_is_sealed_opens_by_the_key_alone_for_its_purpose_and_unaltered()
    {
        var content = "secret"u8.ToArray();
        var sealedContent = s_key.Seal(content, "this");
        Assert.Equal(content, s_key.Open(sealedContent, "this"));
        Assert.Null(s_key.Open(sealedContent, "that"));
        Assert.Null(UnlockKey.Parse("SWMKEY-1-sbJ1IjYIag8/aXGsuWwk32mmNgXvJhBngTJvrh2YU3A").Open(sealedContent, "this"));
        Assert.Null(s_key.Open(sealedContent.AsSpan(1), "this"));
        Assert.Null(s_key.Open([], "this"));
        sealedContent[^1] ^= 1;
        Assert.Null(s_key.Open(sealedContent, "this"));
    }
}
