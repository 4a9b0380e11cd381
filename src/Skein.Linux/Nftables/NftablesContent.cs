using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Linux.Nftables;

/// <summary>
/// What is in one table of family ip or ip6, as a digest of the kernel's own messages: nothing is translated, so that nothing is lost
/// in nft's words (its JSON leaves a table's flags out), and a table of a few rules costs less than a millisecond.
/// </summary>
public static class NftablesContent
{
    private const int NetfilterProtocol = 12;
    private const int NfGenHeader = 4;
    private const int Attempts = 20;
    private const ushort Subsystem = 10 << 8;
    private const ushort GetTable = Subsystem | 1, GetChain = Subsystem | 4, GetRule = Subsystem | 7, GetSet = Subsystem | 10, GetElements = Subsystem | 13;

    // linux/netfilter/nf_tables.h. A table's name is attribute 1 of everything that is in it.
    private const ushort TableName = 1, SetName = 2, ElementList = 3;

    /// <param name="table">The name without its family.</param>
    /// <returns>Equal for tables with the same content, whenever they were made; null when there is no such table.</returns>
    /// <exception cref="LinuxException"/>
    public static string? Digest(NetworkNamespace space, string table, bool ipv6 = false) => space.Run(() =>
    {
        using var socket = NetlinkCalls.Open(1 << 20, NetfilterProtocol);
        NetlinkCalls.SetReceiveTimeout(socket, 10);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (TryDigest(socket, ipv6 ? Rtnl.AF_INET6 : Rtnl.AF_INET, table, out var digest)) return digest;
        }
        throw new LinuxException($"read table {table}", Errno.EAGAIN, $"others changed it {Attempts} times meanwhile");
    });

    private static bool TryDigest(SafeFileHandle socket, byte family, string table, out string? digest)
    {
        digest = null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var found = 0;
        // What is left out: handles and positions, which another making changes, and the count of users.
        var consistent = Dump(socket, family, GetTable, [], message => found += Add(hash, message, table, 3, 4));
        if (found == 0) return consistent;
        consistent = consistent
            && Dump(socket, family, GetChain, [], message => Add(hash, message, table, 2, 6, 8))
            && Dump(socket, family, GetRule, [(TableName, table)], message => Add(hash, message, table, 3, 6));
        var sets = new List<string>();
        consistent = consistent && Dump(socket, family, GetSet, [(TableName, table)], message =>
        {
            if (Add(hash, message, table, 16) > 0) sets.Add(Text(message, SetName));
        });
        foreach (var set in sets) consistent = consistent && AddElements(socket, family, hash, table, set);
        if (consistent) digest = Convert.ToHexString(hash.GetHashAndReset());
        return consistent;
    }

    private static int Add(IncrementalHash hash, ReadOnlySpan<byte> message, string table, params ReadOnlySpan<ushort> without)
    {
        if (Text(message, TableName) != table) return 0;
        var attributes = NetlinkAttributeReader.After(NfGenHeader, message);
        while (attributes.Read())
        {
            if (without.Contains(attributes.Type)) continue;
            AddNumber(hash, attributes.Type);
            AddNumber(hash, (ushort)attributes.Value.Length);
            hash.AppendData(attributes.Value);
        }
        return 1;
    }

    // The kernel keeps elements by hash: a map that has grown, and one that is made again, come in another order.
    private static bool AddElements(SafeFileHandle socket, byte family, IncrementalHash hash, string table, string set)
    {
        var elements = new List<string>();
        var consistent = Dump(socket, family, GetElements, [(TableName, table), (SetName, set)], message =>
        {
            var attributes = NetlinkAttributeReader.After(NfGenHeader, message);
            while (attributes.Read())
            {
                if (attributes.Type != ElementList) continue;
                var list = attributes.Nested();
                while (list.Read()) elements.Add(Convert.ToHexString(list.Value));
            }
        });
        elements.Sort(StringComparer.Ordinal);
        foreach (var element in elements) hash.AppendData(MemoryMarshal.AsBytes(element.AsSpan()));
        AddNumber(hash, (ushort)elements.Count);
        return consistent;
    }

    private static void AddNumber(IncrementalHash hash, ushort number) => hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in number)));

    private static string Text(ReadOnlySpan<byte> message, ushort type)
    {
        var attributes = NetlinkAttributeReader.After(NfGenHeader, message);
        while (attributes.Read())
        {
            if (attributes.Type == type) return attributes.ExpectString();
        }
        return "";
    }

    /// <returns>Whether nothing was changed while it was read.</returns>
    private static bool Dump(SafeFileHandle socket, byte family, ushort type, IReadOnlyList<(ushort Type, string Value)> selection, Action<ReadOnlySpan<byte>> read)
    {
        var writer = new NetlinkWriter();
        var message = writer.Begin(type, Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_DUMP, 1);
        writer.Fixed(NfGenHeader)[0] = family;
        foreach (var (attribute, value) in selection) writer.Text(attribute, value);
        writer.End(message);
        NetlinkCalls.Send(socket, writer.Written, "list nftables");
        var buffer = new byte[64 << 10];
        var consistent = true;
        while (true)
        {
            var length = NetlinkCalls.Receive(socket, buffer);
            if (length < 0) throw new LinuxException("read nftables", -length);
            var reader = new NetlinkMessageReader(buffer.AsSpan(0, length));
            while (reader.Read())
            {
                consistent &= (reader.Flags & Rtnl.NLM_F_DUMP_INTR) == 0 || reader.Type == Rtnl.NLMSG_ERROR;
                if (reader.Type == Rtnl.NLMSG_DONE) return consistent;
                if (reader.Type != Rtnl.NLMSG_ERROR)
                {
                    read(reader.Payload);
                    continue;
                }
                // ENOENT: a set that was there a moment ago.
                var errno = -MemoryMarshal.Read<int>(reader.Payload);
                return errno is Errno.ENOENT or Errno.EINTR ? false : throw new LinuxException("list nftables", errno);
            }
        }
    }
}
