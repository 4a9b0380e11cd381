using Skein.Agent.Images;
using Xunit;

namespace Skein.Tests.Images;

public class ContentDigestTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("sha256:" + Hash, true)]
    [InlineData("sha512:" + Hash + Hash, true)]
    [InlineData("", false)]
    [InlineData("sha256:", false)]
    [InlineData("sha256:" + Hash + "0", false)]
    [InlineData("sha256:" + Hash + "\n", false)]
    [InlineData("sha256:../../../../etc/passwd", false)]
    [InlineData("md5:" + Hash, false)]
    public void A_digest_is_an_algorithm_and_its_digits(string text, bool isOne) => Assert.Equal(isOne, ContentDigest.IsOne(text));
}
