using System.Text;
using Skein.Agent.Containers.Logs.Collectors;
using Skein.Model.Logging;
using Xunit;

namespace Skein.Tests.Containers;

/// <summary>What goes over the wire, byte for byte as Docker's drivers write it.</summary>
public sealed class CollectorMessageTests
{
    private static readonly DateTimeOffset s_at = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).AddTicks(1234560);
    private static readonly TimeZoneInfo s_zone = TimeZoneInfo.CreateCustomTimeZone("two", TimeSpan.FromHours(2), "two", "two");

    [Theory]
    [InlineData("", "", "<30>Mar  4 07:06:07 web[9]: hello\n")]
    [InlineData("rfc3164", "udp://a", "<30>Mar  4 07:06:07 host web[9]: hello\n")]
    [InlineData("rfc5424", "tcp://a", "<30>1 2026-03-04T07:06:07+02:00 host web 9 web - hello\n")]
    [InlineData("rfc5424micro", "tcp://a", "<30>1 2026-03-04T07:06:07.123456+02:00 host web 9 web - hello\n")]
    [InlineData("rfc5424", "tcp+tls://a", "55 <30>1 2026-03-04T07:06:07+02:00 host web 9 web - hello\n")]
    [InlineData("rfc3164", "tcp+tls://a", "<30>Mar  4 07:06:07 host web[9]: hello\n")]
    public void SyslogHasFourForms(string format, string address, string message)
    {
        var options = SyslogOptions.Parse(new Dictionary<string, string> { ["syslog-format"] = format, ["syslog-address"] = address });
        Assert.Equal(message, Encoding.UTF8.GetString(SyslogMessage.Write(Line("hello"), options, "host", "web", 9, s_zone)));
    }

    [Theory]
    [InlineData("local7", true, "<187>")]
    [InlineData("local7", false, "<190>")]
    [InlineData("0", true, "<3>")]
    [InlineData("23", false, "<190>")]
    public void ThePriorityIsTheFacilityAndTheStream(string facility, bool isError, string begin)
    {
        var options = SyslogOptions.Parse(new Dictionary<string, string> { ["syslog-facility"] = facility });
        Assert.StartsWith(begin, Encoding.UTF8.GetString(SyslogMessage.Write(Line("x") with { IsError = isError }, options, "h", "t", 1, TimeZoneInfo.Utc)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("udp://10.0.0.1", "udp 10.0.0.1 514")]
    [InlineData("tcp://logs.example:6514", "tcp logs.example 6514")]
    [InlineData("tcp://[fd00::1]:99", "tcp fd00::1 99")]
    [InlineData("tcp+tls://[fd00::1]", "tcp+tls fd00::1 514")]
    [InlineData("unixgram:///dev/log", "unixgram /dev/log 0")]
    public void AnAddressHasASchemeAHostAndPerhapsAPort(string address, string parts)
    {
        var options = SyslogOptions.Parse(new Dictionary<string, string> { ["syslog-address"] = address });
        Assert.Equal(parts, $"{options.Scheme} {options.Host} {options.Port}");
    }

    [Fact]
    public void JournaldIsToldFieldByField()
    {
        var message = JournalMessage.Write(Line("hello"), [new("CONTAINER_NAME", "web"), new("TWO", "a\nb")], 3);
        Assert.Equal(
            "PRIORITY=6\nMESSAGE=hello\nCONTAINER_NAME=web\nTWO\n\x03\0\0\0\0\0\0\0a\nb\nSYSLOG_TIMESTAMP=2026-03-04T05:06:07.123456Z\nCONTAINER_LOG_ORDINAL=3\n",
            Encoding.UTF8.GetString(message));
    }

    [Fact]
    public void PiecesOfALineAreSaidToBeSome()
    {
        var text = Encoding.UTF8.GetString(JournalMessage.Write(Line("x") with { IsError = true, Part = new("id", 2, IsLast: false) }, [], 1));
        Assert.StartsWith("PRIORITY=3\n", text, StringComparison.Ordinal);
        Assert.EndsWith("CONTAINER_PARTIAL_ID=id\nCONTAINER_PARTIAL_ORDINAL=2\nCONTAINER_PARTIAL_LAST=false\nCONTAINER_PARTIAL_MESSAGE=true\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("PARTIAL_MESSAGE", Encoding.UTF8.GetString(JournalMessage.Write(Line("x") with { Part = new("id", 3, IsLast: true) }, [], 1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("com.example.Tier", "COM_EXAMPLE_TIER")]
    [InlineData("__x9", "X9")]
    [InlineData("___", "")]
    public void AFieldsNameIsJournalds(string name, string field) => Assert.Equal(field, JournalMessage.FieldName(name));

    [Theory]
    [InlineData("", "0123456789ab")]
    [InlineData("{{.ImageName}}/{{.Name}}/{{.ID}}", "httpd:2/web.1/0123456789ab")]
    [InlineData("{{index .ContainerLabels \"tier\"}} {{.DaemonName}} {{.Hostname}} {{.ImageID}} {{.Command}}", "one docker host fedcba987654 sh -c x")]
    public void ATagIsATemplate(string template, string tag) => Assert.Equal(tag, LogTag.Expand(template, Subject, "host"));

    [Fact]
    public void LabelsAndVariablesGoAlongByNameOrPattern()
    {
        Dictionary<string, string> options = new() { ["labels"] = "tier,none", ["labels-regex"] = "^com", ["env"] = "A", ["env-regex"] = "^B" };
        Assert.Equal("A=1 BEE=2 com.x=y tier=one", string.Join(' ', LogAttributes.Of(options, Subject.Labels, Subject.Environment).Select(a => $"{a.Key}={a.Value}")));
    }

    private static LogSubject Subject { get; } = new(
        "0123456789abcdef", "web.1", "sh -c x", "sha256:fedcba9876543210", "httpd:2", new Dictionary<string, string> { ["tier"] = "one", ["com.x"] = "y" }, ["A=1", "BEE=2", "C=3"]);

    private static CollectedLine Line(string text) => new(s_at, false, Encoding.UTF8.GetBytes(text), null);
}
