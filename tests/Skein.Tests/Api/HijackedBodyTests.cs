using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Skein.Api.Hijack;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>The body of an exec's start, behind which the same connection carries the process's input.</summary>
public class HijackedBodyTests
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n";

    [Theory]
    [InlineData("", "", "")]
    [InlineData("Content-Length: 2\r\n", "{}", "{}")]
    [InlineData(Chunked, "1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n", "{}")]
    [InlineData(Chunked, "2\n{}\n0\nTrailer: x\nAnother: y\n\n", "{}")]
    public async Task What_follows_it_is_left_unread_however_it_arrives(string header, string body, string content)
    {
        for (var piece = 1; piece <= body.Length + 6; piece += 3)
        {
            var pipe = new Pipe();
            var reading = ReadAsync(pipe, header);
            foreach (var part in (body + "input").Chunk(piece)) await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(part), Poll.Soon);
            Assert.Equal(content, Encoding.ASCII.GetString(await reading.WaitAsync(Poll.Patience)));
            Assert.Equal("input", Encoding.ASCII.GetString((await pipe.Reader.ReadAtLeastAsync(5, Poll.Soon)).Buffer));
        }
    }

    [Theory]
    [InlineData("Content-Length: 1048577\r\n", "", "http: request body too large")]
    [InlineData(Chunked, "100001\r\n", "http: request body too large")]
    [InlineData(Chunked, "zz\r\n", "invalid byte in chunk length")]
    [InlineData(Chunked, "1\r\n{}\r\n", "invalid byte in chunk length")]
    public async Task What_is_too_large_or_no_chunk_is_refused_before_it_is_there(string header, string body, string refusal)
    {
        var pipe = new Pipe();
        var reading = ReadAsync(pipe, header);
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(body), Poll.Soon);
        Assert.Equal(refusal, (await Assert.ThrowsAsync<SkeinException>(() => reading.WaitAsync(Poll.Patience))).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2\r\n{}")]
    [InlineData("2\r\n{}\r\n0\r\nTrailer: ")]
    public async Task A_line_between_its_chunks_that_does_not_end_is_not_held(string before)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var reading = ReadAsync(pipe, Chunked);
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(before), Poll.Soon);
        for (var sent = 0; sent < 1 << 20 && !reading.IsCompleted; sent += 4096)
        {
            await pipe.Writer.WriteAsync(Enumerable.Repeat((byte)'1', 4096).ToArray(), Poll.Soon);
        }
        await Assert.ThrowsAsync<SkeinException>(() => reading.WaitAsync(Poll.Patience));
    }

    private static async Task<byte[]> ReadAsync(Pipe pipe, string header)
    {
        var head = Encoding.ASCII.GetBytes($"POST /exec/e1/start HTTP/1.1\r\n{header}\r\n");
        await pipe.Writer.WriteAsync(head, Poll.Soon);
        return await HijackedBody.ReadAsync(pipe.Reader, HijackedRequest.Parse(new ReadOnlySequence<byte>(head))!, Poll.Soon);
    }
}
