using Skein.Api.Http;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class FiltersTests
{
    [Theory]
    [InlineData("""{"name":{"httpd":true}}""")]
    [InlineData("""{"name":["httpd"]}""")]
    public void Both_of_Dockers_forms_are_read(string json)
    {
        var filters = Filters.Parse(json).Accept("name", "id");
        Assert.True(filters.Exact("name", "httpd"));
        Assert.False(filters.Exact("name", "nginx"));
        Assert.True(filters.Exact("id", "anything"));
    }

    [Fact]
    public void An_unknown_key_is_refused()
    {
        var error = Assert.Throws<SkeinException>(() => Filters.Parse("""{"colour":{"red":true}}""").Accept("name"));
        Assert.Equal((ErrorKind.InvalidArgument, "invalid filter 'colour'"), (error.Kind, error.Message));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{")]
    public void Nonsense_is_a_bad_request(string json) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<SkeinException>(() => Filters.Parse(json)).Kind);

    [Theory]
    [InlineData("web", true)]
    [InlineData("^web\\\\.1", true)]
    [InlineData("^/web\\\\.", true)]
    [InlineData("web.[12].x", true)]
    [InlineData("^1", false)]
    [InlineData("[", false)]
    public void A_name_is_found_as_a_regular_expression(string wanted, bool found) =>
        Assert.Equal(found, Filters.Parse($$"""{"name":["{{wanted}}"]}""").Matches("name", "web.1.x", "/web.1.x"));

    [Fact]
    public void Labels_are_all_to_be_met()
    {
        var filters = Filters.Parse("""{"label":{"tier=web":true,"owner":true}}""");
        Assert.True(filters.Labels("label", new Dictionary<string, string> { ["tier"] = "web", ["owner"] = "me" }));
        Assert.False(filters.Labels("label", new Dictionary<string, string> { ["tier"] = "web" }));
        Assert.False(filters.Labels("label", new Dictionary<string, string> { ["tier"] = "db", ["owner"] = "me" }));
    }

    [Fact]
    public void Ids_match_by_prefix_and_names_by_part()
    {
        var filters = Filters.Parse("""{"id":{"abc":true},"name":{"tp":true}}""");
        Assert.True(filters.Prefix("id", "abcdef"));
        Assert.False(filters.Prefix("id", "xabc"));
        Assert.True(filters.Matches("name", "httpd"));
    }
}
