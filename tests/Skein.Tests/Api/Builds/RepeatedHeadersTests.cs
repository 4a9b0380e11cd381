using System.Buffers;
using System.Text;
using Skein.Api.Builds;
using Xunit;

namespace Skein.Tests.Api.Builds;

public class RepeatedHeadersTests
{
    [Fact]
    public void Joined_values_are_fields_of_their_own_again()
    {
        byte[] block =
        [
            0x83,                                             // :method: POST, from the table
            0x04, 5, .. "/path"u8,                            // a value to a name of the table
            0x00, 1, .. "a"u8, 3, .. "1\u001f2"u8,            // two values
            0x00, 1, .. "b"u8, 0x82, 0x1f, 0x1f,              // compressed: no separators in it
            0x0f, 0x2f, 4, .. "x\u001f\u001fy"u8,             // an empty value between two, to a name far in the table
        ];
        byte[] expected =
        [
            0x83, 0x04, 5, .. "/path"u8,
            0x00, 1, .. "a"u8, 1, .. "1"u8, 0x00, 1, .. "a"u8, 1, .. "2"u8,
            0x00, 1, .. "b"u8, 0x82, 0x1f, 0x1f,
            0x0f, 0x2f, 1, .. "x"u8, 0x0f, 0x2f, 0, 0x0f, 0x2f, 1, .. "y"u8,
        ];
        Assert.Equal(expected, Parted(block));
    }

    [Theory]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    [InlineData(20_000)]
    public void A_value_of_any_length_comes_back_whole(int length)
    {
        var value = new string('v', length);
        var parted = Parted([0x00, 1, .. "a"u8, .. Length(length + 2), .. Encoding.ASCII.GetBytes(RepeatedHeaders.Join([value, "w"]))]);
        Assert.Equal([0x00, 1, .. "a"u8, .. Length(length), .. Encoding.ASCII.GetBytes(value), 0x00, 1, .. "a"u8, 1, .. "w"u8], parted);
    }

    [Theory]
    [InlineData(new byte[] { 0x00 })]
    [InlineData(new byte[] { 0x00, 5, 1 })]
    [InlineData(new byte[] { 0x00, 1, 1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xff, 0x80 })]
    public void What_is_cut_is_refused(byte[] block) => Assert.Throws<IOException>(() => Parted(block));

    private static byte[] Parted(byte[] block)
    {
        var parted = new ArrayBufferWriter<byte>();
        RepeatedHeaders.Part(block, parted);
        return parted.WrittenSpan.ToArray();
    }

    private static byte[] Length(int length)
    {
        if (length < 127) return [(byte)length];
        List<byte> bytes = [127];
        for (var left = length - 127; ; left >>= 7)
        {
            if (left < 128) return [.. bytes, (byte)left];
            bytes.Add((byte)(left % 128 + 128));
        }
    }
}
