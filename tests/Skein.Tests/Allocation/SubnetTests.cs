using CsCheck;
using Skein.Manager.Allocation;
using Xunit;

namespace Skein.Tests.Allocation;

public class SubnetTests
{
    [Theory]
    [InlineData("10.0.1.7/24", "10.0.1.0/24", "10.0.1.255")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", "255.255.255.255")]
    [InlineData("192.168.1.1/32", "192.168.1.1/32", "192.168.1.1")]
    [InlineData("fd00::1:2/112", "fd00::1:0/112", "fd00::1:ffff")]
    [InlineData("::/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void Host_bits_are_dropped(string text, string subnet, string last)
    {
        Assert.True(Subnet.TryParse(text, out var parsed));
        Assert.Equal((subnet, last), (parsed.ToString(), parsed.Text(parsed.Last)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("fd00::/129")]
    [InlineData("x/24")]
    public void What_is_no_subnet_is_refused(string text) => Assert.False(Subnet.TryParse(text, out _));

    [Fact]
    public void Two_overlap_when_one_holds_the_other() =>
        Gen.Select(Gen.UInt, Gen.Int[1, 32], Gen.UInt, Gen.Int[1, 32]).Sample((a, aLength, b, bLength) =>
        {
            var x = Parse(a, aLength);
            var y = Parse(b, bLength);
            return x.Overlaps(y) == (x.Contains(y.First, false) || y.Contains(x.First, false)) && x.Overlaps(y) == y.Overlaps(x);
        });

    [Fact]
    public void A_range_gives_every_address_once_and_then_none() =>
        Gen.Select(Gen.Int[22, 32], Gen.UInt).Sample((length, start) =>
        {
            var subnet = Parse(start, length);
            var range = new AddressRange(subnet, subnet);
            var given = new HashSet<string>();
            while (range.Take() is { } address) Assert.True(given.Add(address), $"{address} given twice");
            Assert.Equal(length >= 31 ? 1 << (32 - length) : (1 << (32 - length)) - 2, given.Count);
        });

    private static Subnet Parse(uint address, int length)
    {
        Assert.True(Subnet.TryParse($"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}/{length}", out var subnet));
        return subnet;
    }
}
