using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Images;

public class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("httpd", "docker.io/library/httpd:latest", "httpd:latest")]
    [InlineData("httpd:2.4", "docker.io/library/httpd:2.4", "httpd:2.4")]
    [InlineData("me/app", "docker.io/me/app:latest", "me/app:latest")]
    [InlineData("docker.io/httpd", "docker.io/library/httpd:latest", "httpd:latest")]
    [InlineData("index.docker.io/library/httpd", "docker.io/library/httpd:latest", "httpd:latest")]
    [InlineData("localhost/x", "localhost/x:latest", "localhost/x:latest")]
    [InlineData("127.0.0.1:5000/a/b_c--d:v1", "127.0.0.1:5000/a/b_c--d:v1", "127.0.0.1:5000/a/b_c--d:v1")]
    [InlineData("quay.io/x/y", "quay.io/x/y:latest", "quay.io/x/y:latest")]
    [InlineData("httpd@" + Digest, "docker.io/library/httpd@" + Digest, "httpd@" + Digest)]
    public void Names_get_dockers_defaults(string text, string normalized, string familiar)
    {
        var reference = ImageReference.Parse(text);
        Assert.Equal(normalized, reference.Normalized);
        Assert.Equal(familiar, reference.Familiar);
        Assert.Equal(reference, ImageReference.Parse(reference.Normalized));
    }

    [Fact]
    public void A_pinned_reference_is_stored_by_its_digest()
    {
        var reference = ImageReference.Parse("httpd:latest@" + Digest);
        Assert.Equal("docker.io/library/httpd@" + Digest, reference.StoredName);
        Assert.Equal(Digest, reference.ManifestKey);
        Assert.Equal("httpd:latest@" + Digest, reference.Familiar);
    }

    [Theory]
    [InlineData("", "invalid reference format")]
    [InlineData("a b", "invalid reference format")]
    [InlineData("-x", "invalid reference format")]
    [InlineData("x:", "invalid reference format")]
    [InlineData("x\n", "invalid reference format")]
    [InlineData("x:1\n", "invalid reference format")]
    [InlineData("host.lan\n/x", "invalid reference format")]
    [InlineData("x@sha256:0123456789abcdef0123456789abcdef\n", "invalid reference format")]
    [InlineData("x@sha256:12", "invalid reference format")]
    [InlineData("https://x/y", "invalid reference format")]
    [InlineData("Httpd", "invalid reference format: repository name (library/Httpd) must be lowercase")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "invalid repository name (0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef), cannot specify 64-byte hexadecimal strings")]
    public void Bad_names_get_dockers_words(string text, string message)
    {
        var error = Assert.Throws<SkeinException>(() => ImageReference.Parse(text));
        Assert.Equal(message, error.Message);
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
    }
}
