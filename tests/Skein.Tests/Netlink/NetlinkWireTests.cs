using System.Net;
using CsCheck;
using Skein.Linux.Netlink;
using Xunit;

namespace Skein.Tests.Netlink;

public sealed class NetlinkWireTests
{
    [Fact]
    public void Any_bytes_are_parsed_or_refused_by_one_exception()
    {
        Gen.Byte.Array[0, 120].Sample(bytes =>
        {
            Refusable(() => RtnlParser.Link(bytes));
            Refusable(() => RtnlParser.Address(bytes));
            Refusable(() => RtnlParser.Route(bytes));
            Refusable(() => RtnlParser.Rule(bytes));
            Refusable(() => RtnlParser.Neighbour(bytes));
            Refusable(() => RtnlParser.Forwarding(bytes));
            Refusable(() =>
            {
                var reader = new NetlinkMessageReader(bytes);
                while (reader.Read()) _ = reader.Payload.Length;
            });
        });
    }

    [Fact]
    public void Attributes_with_small_lengths_and_types_are_parsed_or_refused_by_one_exception()
    {
        // Random bytes rarely make a plausible attribute: these do, nested ones included.
        var attribute = Gen.Select(Gen.Int[0, 45], Gen.Byte.Array[0, 20], (type, value) => (Type: (ushort)type, Value: value));
        Gen.Select(Gen.Byte.Array[16, 16], attribute.Array[0, 6], attribute.Array[0, 6]).Sample((header, outer, inner) =>
        {
            var writer = new NetlinkWriter();
            header[0] = (byte)(header[0] % 11);
            header.CopyTo(writer.Fixed(16));
            foreach (var (type, value) in outer) writer.Bytes(type, value);
            var nested = writer.BeginNested(18);
            writer.Text(1, "vxlan");
            var data = writer.BeginNested(2);
            foreach (var (type, value) in inner) writer.Bytes(type, value);
            writer.EndNested(data);
            writer.EndNested(nested);
            var bytes = writer.Written.ToArray();
            Refusable(() => RtnlParser.Link(bytes));
            Refusable(() => RtnlParser.Route(bytes.AsSpan(4)));
            Refusable(() => RtnlParser.Forwarding(bytes.AsSpan(4)));
            Refusable(() => RtnlParser.Neighbour(bytes.AsSpan(4)));
        });
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var writer = new NetlinkWriter();
        var message = writer.Begin(16, 5, 77);
        writer.Fixed(16);
        writer.Text(3, "br-4097");
        writer.UInt32(4, 1450);
        writer.Mac(1, MacAddress.Parse("02:42:0a:00:01:05"));
        writer.Address(9, IPAddress.Parse("fd00::1"));
        writer.End(message);
        var reader = new NetlinkMessageReader(writer.Written);
        Assert.True(reader.Read());
        Assert.Equal((16, 5, 77u), (reader.Type, reader.Flags, reader.Sequence));
        var link = RtnlParser.Link(reader.Payload)!;
        Assert.Equal(("br-4097", 1450u, "02:42:0a:00:01:05"), (link.Name, link.Mtu, link.Mac.ToString()));
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData("10.0.1.5/24", "10.0.1.0/24")]
    [InlineData("10.0.1.255/31", "10.0.1.254/31")]
    [InlineData("fd00::5:7/64", "fd00::/64")]
    [InlineData("172.18.0.2/16", "172.18.0.0/16")]
    public void An_interface_address_keeps_its_host_bits_and_knows_its_network(string text, string network)
    {
        var address = InterfaceAddress.Parse(text);
        Assert.Equal(text, address.ToString());
        Assert.Equal(network, address.Network.ToString());
    }

    [Theory]
    [InlineData("10.0.1.5")]
    [InlineData("10.0.1.5/33")]
    [InlineData("x/8")]
    [InlineData("")]
    public void What_is_no_interface_address_is_refused(string text) => Assert.False(InterfaceAddress.TryParse(text, out _));

    [Fact]
    public void The_Ethernet_address_of_an_endpoint_shows_its_IPv4_address() =>
        Assert.Equal("02:42:0a:00:01:05", MacAddress.OfIPv4(IPAddress.Parse("10.0.1.5")).ToString());

    private static void Refusable(Action parse)
    {
        try
        {
            parse();
        }
        catch (NetlinkFormatException)
        {
        }
    }
}
