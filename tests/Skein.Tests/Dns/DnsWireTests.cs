using System.Net;
using CsCheck;
using Skein.Agent.Dns.Wire;
using Xunit;

namespace Skein.Tests.Dns;

public class DnsWireTests
{
    private static readonly Gen<string> Name =
        Gen.String[Gen.Char["abcXYZ019-_"], 1, 20].Array[1, 6].Select(labels => string.Join('.', labels));

    [Fact]
    public void Any_bytes_are_read_or_refused_and_nothing_else() => Gen.Byte.Array[0, 80].Sample(bytes => Survives(bytes), iter: 20_000);

    [Fact]
    public void A_query_with_some_bytes_changed_is_read_or_refused() =>
        Gen.Select(Name, Gen.Int[0, 60].Array[0, 4], Gen.Byte).Sample((name, places, value) =>
        {
            var message = DnsMessages.Query(name, DnsType.A, ednsSize: 1232);
            foreach (var place in places) message[place % message.Length] = value;
            return Survives(message);
        }, iter: 20_000);

    [Fact]
    public void A_query_is_read_as_it_was_written() => Name.Sample(name =>
    {
        var query = DnsQuery.Parse(DnsMessages.Query(name, DnsType.Aaaa, ednsSize: 4000));
        return query is { Type: DnsType.Aaaa, HasEdns: true, UdpSize: 4000, Class: 1 } && query.Name == name.ToLowerInvariant();
    });

    [Fact]
    public void A_pointer_to_itself_or_forward_is_refused()
    {
        var message = DnsMessages.Query("ab", DnsType.A);
        message[12] = 0xc0;
        message[13] = 12;
        Assert.Throws<DnsFormatException>(() => DnsQuery.Parse(message));
        message[13] = 14;
        Assert.Throws<DnsFormatException>(() => DnsQuery.Parse(message));
    }

    [Fact]
    public void A_dot_within_a_label_is_no_separator()
    {
        var message = DnsMessages.Query("a-b", DnsType.A);
        message[14] = (byte)'.';
        Assert.Equal("a\\.b", DnsQuery.Parse(message).Name);
    }

    [Fact]
    public void A_reply_repeats_the_question_in_the_clients_case_and_rotates()
    {
        var message = DnsMessages.Query("WeB", DnsType.A);
        IPAddress[] addresses = [IPAddress.Parse("10.0.1.2"), IPAddress.Parse("fd00::1"), IPAddress.Parse("10.0.1.3")];
        var reply = Write(message, addresses, rotation: 1);
        Assert.Equal(message[12..], reply[12..message.Length]);
        Assert.Equal(["10.0.1.3", "10.0.1.2"], DnsMessages.Answers(reply).Select(a => new IPAddress(a.Data).ToString()));
        Assert.Equal(new DnsHeader(0x1234, 0x8180, 1, 2, 0, 0), DnsMessages.Header(reply));
    }

    [Fact]
    public void What_does_not_fit_is_left_out_and_the_reply_says_so()
    {
        var addresses = Enumerable.Range(1, 200).Select(i => new IPAddress([10, 0, 1, (byte)i])).ToArray();
        var message = DnsMessages.Query("web", DnsType.A, ednsSize: 600);
        var reply = Write(message, addresses, rotation: 0);
        Assert.InRange(reply.Length, 580, 600);
        Assert.NotEqual(0, DnsMessages.Header(reply).Flags & DnsHeader.TruncatedFlag);
        Assert.Equal(DnsMessages.Header(reply).Answers, DnsMessages.Answers(reply).Count);
        Assert.Equal(1, DnsMessages.Header(reply).Additionals);
        var whole = Write(message, addresses, rotation: 0, size: 65535);
        Assert.Equal(200, DnsMessages.Answers(whole).Count);
        Assert.Equal(0, DnsMessages.Header(whole).Flags & DnsHeader.TruncatedFlag);
    }

    [Fact]
    public void A_reply_fits_into_any_buffer_that_holds_its_question() =>
        Gen.Select(Name, Gen.Int[0, 60], Gen.Int[0, 400], Gen.Bool).Sample((name, count, extra, edns) =>
        {
            var message = DnsMessages.Query(name, DnsType.A, ednsSize: edns ? 1000 : null);
            var addresses = Enumerable.Range(0, count).Select(i => new IPAddress([10, 0, 2, (byte)i])).ToArray();
            var reply = Write(message, addresses, 0, message.Length + extra);
            return reply.Length <= message.Length + extra && DnsMessages.Answers(reply).Count == DnsMessages.Header(reply).Answers;
        });

    private static byte[] Write(byte[] message, IPAddress[] addresses, uint rotation, int? size = null)
    {
        var query = DnsQuery.Parse(message);
        var buffer = new byte[size ?? query.UdpSize];
        return buffer[..DnsReply.WriteAddresses(message, query, addresses, 600, rotation, buffer)];
    }

    private static bool Survives(byte[] bytes)
    {
        try
        {
            DnsQuery.Parse(bytes);
        }
        catch (DnsFormatException)
        {
            // Refused: as good as read.
        }
        return DnsReply.WriteFormatError(bytes, new byte[64]) is 0 or DnsHeader.Size;
    }
}
