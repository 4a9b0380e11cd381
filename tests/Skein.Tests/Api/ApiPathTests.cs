using Skein.Api;
using Skein.Api.Http;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class ApiPathTests
{
    [Theory]
    [InlineData("/v1.51/services", "/services", 1, 51)]
    [InlineData("/v1.24/_ping", "/_ping", 1, 24)]
    [InlineData("/services", "/services", 1, 51)]
    [InlineData("/version", "/version", 1, 51)]
    [InlineData("/volumes", "/volumes", 1, 51)]
    [InlineData("/v1.40", "/", 1, 40)]
    public void The_version_prefix_is_split_off(string given, string path, int major, int minor) =>
        Assert.Equal((new ApiVersion(major, minor), path), ApiPath.Split(given));

    [Theory]
    [InlineData("/images/host:5000%2Fa%2fb/json", "/images/host:5000/a/b/json")]
    [InlineData("/v1.41/containers//web.1/json", "/v1.41/containers/web.1/json")]
    [InlineData("///services", "/services")]
    [InlineData("/containers/%2Fweb.1/json", "/containers/web.1/json")]
    public void A_slash_is_one_encoded_or_doubled(string given, string cleaned) => Assert.Equal(cleaned, ApiPath.Clean(given));

    [Theory]
    [InlineData("/v1.52/info", "client version 1.52 is too new. Maximum supported API version is 1.51")]
    [InlineData("/v1.23/info", "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version")]
    public void A_version_out_of_range_is_refused_in_Dockers_words(string path, string message) =>
        Assert.Equal(message, Assert.Throws<SkeinException>(() => ApiPath.Split(path)).Message);
}
