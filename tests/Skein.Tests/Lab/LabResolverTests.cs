using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Skein.Lab;
using Xunit;

namespace Skein.Tests.Lab;

public class LabResolverTests
{
    private const ushort A = 1;
    private const ushort Aaaa = 28;

    [Theory]
    [InlineData("h1.lab", "192.168.56.11")]
    [InlineData("H3.Lab", "192.168.56.13")]
    [InlineData("registry.lab", "192.168.56.250")]
    [InlineData("gateway.lab", "192.168.56.254")]
    public void Names_of_the_lab_have_an_address(string name, string address)
    {
        var response = LabResolver.Respond(Query(name, A))!;
        Assert.Equal(0, Code(response));
        Assert.Equal(1, Answers(response));
        Assert.Equal(address, new System.Net.IPAddress(response.AsSpan(^4)).ToString());
    }

    [Theory]
    [InlineData("registry-1.docker.io")]
    [InlineData("h0.lab")]
    [InlineData("lab")]
    [InlineData("h1")]
    public void Every_other_name_does_not_exist(string name)
    {
        var response = LabResolver.Respond(Query(name, A))!;
        Assert.Equal(3, Code(response));
        Assert.Equal(0, Answers(response));
    }

    [Fact]
    public void A_name_without_a_record_of_that_type_exists_with_no_answer()
    {
        var response = LabResolver.Respond(Query("h1.lab", Aaaa))!;
        Assert.Equal(0, Code(response));
        Assert.Equal(0, Answers(response));
    }

    [Fact]
    public void A_response_is_not_answered() => Assert.Null(LabResolver.Respond([0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0]));

    [Fact]
    public void No_packet_makes_it_fail() => Gen.Byte.Array[0, 80].Sample(packet => { LabResolver.Respond(packet); });

    private static int Code(byte[] response) => response[3] & 0xf;

    private static int Answers(byte[] response) => BinaryPrimitives.ReadUInt16BigEndian(response.AsSpan(6));

    private static byte[] Query(string name, ushort type)
    {
        List<byte> query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (var label in name.Split('.'))
            query.AddRange([(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]);
        query.AddRange([0, 0, (byte)type, 0, 1]);
        return [.. query];
    }
}
