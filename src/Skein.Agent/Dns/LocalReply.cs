using Skein.Agent.Dns.Wire;

namespace Skein.Agent.Dns;

/// <summary>Turns an answer into the bytes of a reply. Pure.</summary>
internal static class LocalReply
{
    /// <summary>The reply's length; null when the host's resolvers must be asked.</summary>
    public static int? Write(
        NameIndex index, ContainerView view, ReadOnlySpan<byte> message, in DnsQuery query, uint rotation, Span<byte> buffer)
    {
        if (query.Header.Opcode != 0) return DnsReply.WriteCode(message, query, DnsResponseCode.NotImplemented, buffer);
        if (query.EdnsVersion != 0) return DnsReply.WriteCode(message, query, DnsResponseCode.BadVersion, buffer);
        var answer = query.Class == DnsQuery.ClassInternet
            ? NameAnswerer.Answer(index, view, query.Name, query.Type)
            : NameAnswer.Unknown;
        if (answer.IsUnknown) return view.MayForward ? null : DnsReply.WriteCode(message, query, DnsResponseCode.NameError, buffer);
        if (answer.Pointer is { } target && query.Type is DnsType.Ptr or DnsType.Any)
            return DnsReply.WritePointer(message, query, answer.Pointer!, ContainerResolver.TimeToLive, buffer);
        // A known name has no records of other types: NOERROR and empty, or a client would take the name itself for unknown.
        return answer.Addresses is { } addresses && query.Type is DnsType.A or DnsType.Aaaa
            ? DnsReply.WriteAddresses(message, query, answer.Addresses!, answer.IsOfTasks ? ContainerResolver.TaskTimeToLive : ContainerResolver.TimeToLive, rotation, buffer)
            : DnsReply.WriteCode(message, query, DnsResponseCode.NoError, buffer);
    }
}
