using Skein.Model;
using Skein.Model.Logging;
using Xunit;

namespace Skein.Tests.Model;

public class DefaultLogDriverTests
{
    [Theory]
    [InlineData(null, "syslog max=1 cache-max-size=2m", "syslog cache-max-size=2m max=1")]
    [InlineData("", "local max-size=1m", "local max-size=1m")]
    [InlineData(" max-size=9m", "local max-size=1m max-file=2", "local max-file=2 max-size=9m")]
    [InlineData("local max-file=7", "local max-size=1m max-file=2", "local max-file=7 max-size=1m")]
    [InlineData("json-file", "local max-size=1m", "json-file")]
    [InlineData("syslog tag=x", "local max-size=1m cache-disabled=true", "syslog cache-disabled=true tag=x")]
    [InlineData("none", "syslog tag=x", "none")]
    public void What_is_not_asked_for_is_the_hosts(string? asked, string host, string merged) =>
        Assert.Equal(merged, Shown(DefaultLogDriver.Merge(asked is null ? null : Driver(asked), Driver(host))));

    [Fact]
    public void A_host_without_one_changes_nothing()
    {
        Assert.Null(DefaultLogDriver.Merge(null, null));
        Assert.Equal("local max-size=1m", Shown(DefaultLogDriver.Merge(Driver("local max-size=1m"), null)));
    }

    private static LogDriver Driver(string text)
    {
        var words = text.Split(' ');
        var driver = new LogDriver { Name = words[0] };
        foreach (var option in words.Skip(1).Select(word => word.Split('='))) driver.Options.Add(option[0], option[1]);
        return driver;
    }

    private static string Shown(LogDriver? driver) =>
        string.Join(' ', [driver!.Name, .. driver.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}")]);
}
