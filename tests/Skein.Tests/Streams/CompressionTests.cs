using System.Text;
using Skein.Agent.Streams;
using Xunit;

namespace Skein.Tests.Streams;

/// <summary>Packed by the tools themselves, xz 5.4, bzip2 1.0.8 and zstd 1.5, as base64.</summary>
public sealed class CompressionTests
{
    private const string Plain = "what was packed\n";
    private const string Xz = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAPd2hhdCB3YXMgcGFja2VkCgDfKyxOimjVBAABKBDlC2xgH7bzfQEAAAAABFla";
    private const string Bzip2 = "QlpoOTFBWSZTWby3mzgAAAfRgAAQQAAuSEyAIAAxA0DQKYEzapOpCxEhXGPi7kinChIXlvNnAA==";
    private const string Zstd = "KLUv/SQQgQAAd2hhdCB3YXMgcGFja2VkCgAQVZg=";

    // 300,000 times 0: what comes out is many times what is read at a time.
    private const string XzZeros =
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj5JPfAG9dAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGw1jEDBAAAAH58pcZX/q9AAAYsB4KcSAHhj/vixxGf7AgAAAAAEWVo=";

    private const string Bzip2Zeros = "QlpoOTFBWSZTWd9HTW8AAkxAgMAABAAACCAAMMwFKaYURsRRHi7kinChIb6Omt4=";
    private const string ZstdZeros = "KLUv/aTgkwQAVAAAEAAAAQD7/znAAgIAEAADnwQALSjeJg==";

    private const string XzOf256MiB = "/Td6WFoAAATm1rRGAgAhASAAAAAJiKV2AQAPd2hhdCB3YXMgcGFja2VkCgDfKyxOimjVBAABKBDlC2xgH7bzfQEAAAAABFla";

    // A window of 1 GiB, whatever comes in it.
    private const string ZstdOf1GiB = "KLUv/QSgggAAd2hhdCB3YXMgcGFja2VkCgAQVZg=";

    [Theory]
    [InlineData(Xz)]
    [InlineData(Bzip2)]
    [InlineData(Zstd)]
    public async Task It_is_seen_by_its_first_bytes(string packed)
    {
        Assert.Equal(Plain, Encoding.ASCII.GetString(await UnpackAsync(Convert.FromBase64String(packed))));
        using var whole = new MemoryStream();
        await using var stream = await Compression.OpenAsync(new MemoryStream(Convert.FromBase64String(packed)), Poll.Soon);
        stream.CopyTo(whole);
        Assert.Equal(Plain, Encoding.ASCII.GetString(whole.ToArray()));
    }

    [Theory]
    [InlineData(XzZeros)]
    [InlineData(Bzip2Zeros)]
    [InlineData(ZstdZeros)]
    public async Task Much_comes_of_little(string packed) => Assert.Equal(new byte[300_000], await UnpackAsync(Convert.FromBase64String(packed)));

    // As pbzip2, pixz and pzstd write them.
    [Theory]
    [InlineData(Xz)]
    [InlineData(Bzip2)]
    [InlineData(Zstd)]
    public async Task Several_one_after_the_other_are_one(string packed)
    {
        var one = Convert.FromBase64String(packed);
        Assert.Equal(Plain + Plain, Encoding.ASCII.GetString(await UnpackAsync([.. one, .. one])));
        Assert.Equal(Plain + Plain, Encoding.ASCII.GetString(await UnpackAsync([.. one, .. one], piece: 1)));
    }

    [Theory]
    [InlineData(Xz)]
    [InlineData(Bzip2)]
    [InlineData(Zstd)]
    public async Task What_is_cut_is_no_end(string packed)
    {
        var whole = Convert.FromBase64String(packed);
        for (var length = 6; length < whole.Length; length++) await Assert.ThrowsAsync<EndOfStreamException>(() => UnpackAsync(whole[..length]));
    }

    [Theory]
    [InlineData(Xz)]
    [InlineData(Bzip2)]
    [InlineData(Zstd)]
    public async Task What_is_something_else_behind_its_first_bytes_is_refused(string packed)
    {
        byte[] head = [.. Convert.FromBase64String(packed)[..6], .. Enumerable.Repeat((byte)0xff, 100)];
        await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(head));
        await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync([.. Convert.FromBase64String(packed), .. "something else"u8]));
    }

    [Theory]
    [InlineData(XzOf256MiB, "xz: more than 128 MiB of memory are needed")]
    [InlineData(ZstdOf1GiB, "zstd: Frame requires too much memory for decoding")]
    public async Task What_wants_more_memory_than_it_may_have_is_refused(string packed, string message) =>
        Assert.Equal(message, (await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(Convert.FromBase64String(packed)))).Message);

    private static async Task<byte[]> UnpackAsync(byte[] packed, int piece = int.MaxValue)
    {
        using var whole = new MemoryStream();
        await using var stream = await Compression.OpenAsync(new PiecewiseStream(packed, piece), Poll.Soon);
        await stream.CopyToAsync(whole, Poll.Soon);
        return whole.ToArray();
    }
}
