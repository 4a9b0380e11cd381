using System.Buffers;
using System.Text;
using Skein.Api.Hijack;
using Xunit;

namespace Skein.Tests.Api;

public class RequestBodyTests
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n";

    [Theory]
    [InlineData("", "", true)]
    [InlineData("Content-Length: 3\r\n", "abc", true)]
    [InlineData("Content-Length: 3\r\n", "ab", false)]
    [InlineData(Chunked, "3\r\nabc\r\n0\r\n\r\n", true)]
    [InlineData(Chunked, "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", true)]
    [InlineData(Chunked, "3\r\nabc\r\n0\r\n", false)]
    [InlineData(Chunked, "3\r\nab", false)]
    public void A_body_is_counted_to_its_end_however_it_arrives(string header, string body, bool ends)
    {
        for (var piece = 1; piece <= body.Length + 1; piece++)
        {
            var counted = RequestBody.Of(Head(header));
            Assert.Equal(ends ? body.Length : -1, Count(counted, body + "GET", piece));
        }

        long Count(RequestBody counted, string text, int piece)
        {
            var (bytes, done) = (Encoding.ASCII.GetBytes(ends ? text : body), 0L);
            for (var there = 0; there < bytes.Length && !counted.Ended; there += piece)
                done += counted.Count(new ReadOnlySequence<byte>(bytes[(int)done..Math.Min(bytes.Length, there + piece)]));
            return counted.Ended ? done : -1;
        }
    }

    [Theory]
    [InlineData(Chunked, "zz\r\n")]
    [InlineData(Chunked, "-1\r\n")]
    [InlineData(Chunked, "99999999999999999999\r\n")]
    [InlineData(Chunked, "3\r\nabcd\r\n")]
    [InlineData("Upgrade: websocket\r\n", "anything")]
    public void What_is_not_understood_is_the_servers_for_good(string header, string body)
    {
        var counted = RequestBody.Of(Head(header));
        Assert.Equal(body.Length, counted.Count(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(body))));
        Assert.True(counted.IsEndless);
    }

    private static HijackedRequest Head(string header) =>
        HijackedRequest.Parse(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\n{header}\r\n")))!;
}
