using System.Security.Cryptography;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.Tests.Identity;

public class JoinTokenTests
{
    private static readonly byte[] Root = "-----BEGIN CERTIFICATE-----"u8.ToArray();

    [Fact]
    public void It_has_Dockers_form_and_names_the_root_by_digest()
    {
        var token = JoinToken.Create(Root, new CryptoIdSource().NewId());

        Assert.Matches("^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$", token.ToString());
        Assert.Equal(token, JoinToken.Parse(token.ToString()));
        Assert.True(token.Matches(Root));
        Assert.False(token.Matches([.. Root, 0]));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Root)), token.RootDigestHex());
    }

    [Theory]
    [InlineData("")]
    [InlineData("SWMTKN-1-")]
    [InlineData("SWMTKN-2-1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("SWMTKN-1-Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("SWMTKN-1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaa")]
    public void What_has_another_form_is_no_token(string text) =>
        Assert.Equal("invalid join token", Assert.Throws<SkeinException>(() => JoinToken.Parse(text)).Message);
}
