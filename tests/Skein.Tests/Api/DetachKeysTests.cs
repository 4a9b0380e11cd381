using System.Buffers;
using System.Text;
using Skein.Api.Hijack;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class DetachKeysTests
{
    [Theory]
    [InlineData("", "ab\u0010\u0011c", "ab", true)]
    [InlineData("", "a\u0010b", "a\u0010b", false)]
    [InlineData("", "a\u0010", "a", false)]
    [InlineData("", "\u0010\u0010\u0011", "\u0010", true)]
    [InlineData("ctrl-x,x", "x\u0018x", "x", true)]
    [InlineData("ctrl-x,x", "\u0018y\u0018x", "\u0018y", true)]
    [InlineData("ctrl-@,ctrl-_,DEL,~", "\0\u001f\u007f~", "", true)]
    public void What_may_be_the_keys_waits_for_what_follows(string keys, string typed, string passed, bool all)
    {
        foreach (var size in (int[])[1, 2, 100])   // however it is cut
        {
            var (detach, on, complete) = (DetachKeys.Parse(keys, "detach"), new ArrayBufferWriter<byte>(), false);
            foreach (var piece in Encoding.Latin1.GetBytes(typed).Chunk(size))
            {
                if (complete = detach.Pass(piece, on)) break;
            }
            Assert.Equal((passed, all), (Encoding.Latin1.GetString(on.WrittenSpan), complete));
        }
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("ctrl-")]
    [InlineData("ctrl-A")]
    [InlineData("a,,b")]
    public void What_is_no_key_is_refused(string keys) =>
        Assert.Equal($"Invalid detach keys ({keys}) provided", Assert.Throws<SkeinException>(() => DetachKeys.Parse(keys, "detach")).Message);
}
