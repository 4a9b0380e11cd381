using System.Buffers;
using System.Text;
using Skein.Api.Hijack;
using Xunit;

namespace Skein.Tests.Api;

public class HijackedRequestTests
{
    private const string Start =
        "POST /v1.50/exec/abc/start?x=a%20b HTTP/1.1\r\nHost: api.moby.localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n{}";

    [Fact]
    public void The_head_of_an_exec_start_is_understood()
    {
        var bytes = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(Start));
        var end = HijackedRequest.FindHeadEnd(bytes);
        Assert.NotNull(end);
        Assert.Equal("{}", Encoding.ASCII.GetString(bytes.Slice(end.Value)));
        var request = HijackedRequest.Parse(bytes.Slice(0, end.Value));
        Assert.NotNull(request);
        Assert.Equal(("POST", "/v1.50/exec/abc/start", 2L, true), (request.Method, request.Path, request.ContentLength, request.WantsUpgrade));
        Assert.Equal("a b", request.Query["x"]);
    }

    [Fact]
    public void An_unfinished_head_has_no_end()
    {
        for (var length = 0; length < Start.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4; length++)
            Assert.Null(HijackedRequest.FindHeadEnd(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(Start[..length]))));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nUser-Agent: a\nHost: x\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nUser-Agent: a\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\nUser-Agent: a\nHost: x\n\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\nUser-Agent: a\r\nHost: x\r\n\r\n")]
    public void A_line_ends_with_LF_or_CRLF(string head)
    {
        var bytes = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(head + "after"));
        var end = HijackedRequest.FindHeadEnd(bytes);
        Assert.NotNull(end);
        Assert.Equal("after", Encoding.ASCII.GetString(bytes.Slice(end.Value)));
        var request = HijackedRequest.Parse(bytes.Slice(0, end.Value));
        Assert.Equal(("GET", "/", "a", "x"), (request?.Method, request?.Path, request?.Headers["User-Agent"], request?.Headers["Host"]));
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nno colon here\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nX: a\r\n folded: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nX: a\r\n\tfolded\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nContent-Length : 5\r\n\r\n")]
    [InlineData("POST /exec/abc/start HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n")]
    [InlineData("POST /exec/abc/start HTTP/1.1\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n")]
    public void What_is_no_request_is_left_to_the_server(string head) =>
        Assert.Null(HijackedRequest.Parse(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(head))));
}
