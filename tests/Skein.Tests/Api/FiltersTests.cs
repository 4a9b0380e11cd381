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

    [Theory]
    [InlineData("null")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"name":{}}""")]
    [InlineData("""{"name":[]}""")]
    public void No_value_asks_for_nothing(string json) => Assert.True(Filters.Parse(json).Accept("name").Exact("name", "httpd"));

    [Fact]
    public void A_value_that_is_there_counts()
    {
        Assert.False(Filters.Parse("""{"name":{"nginx":false}}""").Exact("name", "httpd"));
        Assert.True(Filters.Parse("""{"name":{"httpd":false}}""").Exact("name", "httpd"));
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
    [InlineData("{\"a\":{\"b\":1}}")]
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

    /// <summary>Each of these would take some seconds of a pattern matcher that tries all ways.</summary>
    [Fact]
    public void A_thousand_hostile_patterns_take_no_time()
    {
        var patterns = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"(a+)+{i}$\"").Append("\"((a{1000}){1000}){1000}\"").Append("\"(a|aa)+\\\\1\""));
        var filters = Filters.Parse($$"""{"name":[{{patterns}}]}""");
        var began = TimeProvider.System.GetTimestamp();
        Assert.False(filters.Matches("name", new string('a', 255)));
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "the time that patterns take grows with more than the text");
    }

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

    [Theory]
    [InlineData("1h30m", "2026-01-02T01:34:05Z")]
    [InlineData("500ms", "2026-01-02T03:04:04.5Z")]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")]
    [InlineData("1767225600", "2026-01-01T00:00:00Z")]
    public void Until_is_a_time_or_a_span_before_now(string value, string expected)
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var filters = Filters.Parse($$"""{"until":["{{value}}"]}""");
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), filters.Until(now));
        Assert.Throws<SkeinException>(() => Filters.Parse("""{"until":{"soon":true}}""").Until(now));
        Assert.Null(Filters.Parse("").Until(now));
    }

    [Fact]
    public void A_value_that_the_key_does_not_have_is_refused()
    {
        var filters = Filters.Parse("""{"role":{"boss":true}}""");
        filters.Values("membership", "accepted").Values("role", "boss");
        Assert.Equal("Invalid role filter: 'boss'", Assert.Throws<SkeinException>(() => filters.Values("role", "worker", "manager")).Message);
    }

    [Theory]
    [InlineData("web", true)]
    [InlineData("^/web", true)]
    [InlineData("^web.1$", true)]
    [InlineData("eb$", false)]
    [InlineData("w[aeiou]b", true)]
    [InlineData("w[", false)]
    public void A_name_is_matched_as_an_expression(string wanted, bool matches) =>
        Assert.Equal(matches, Filters.Parse($$"""{"name":["{{wanted}}"]}""").Matches("name", "web.1", "/web.1"));
}
