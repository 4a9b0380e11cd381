using System.Net.Sockets;
using System.Runtime.InteropServices;
using Skein.Linux.Namespaces;

namespace Skein.Linux.Iptables;

/// <summary>
/// The filter table of iptables-legacy in a namespace, read as that program reads it. nftables does not show it, and its drops hold
/// all the same.
/// </summary>
public static class LegacyFilterTable
{
    // include/uapi/linux/netfilter_ipv4/ip_tables.h: struct ipt_getinfo and struct ipt_get_entries, of which only sizes are fixed.
    private const int Ip = 0, GetInfo = 64, GetEntries = 65;
    private const int NameBytes = 32, InfoBytes = 84, InfoEntriesSize = 80, EntriesHeader = 40;
    private const int MostBytes = 16 << 20;
    private const string Name = "filter";

    // Between the two questions somebody may have changed the table.
    private const int Attempts = 5;

    /// <returns>
    /// The table's head and its entries, without their counters; null when nobody has used the table there. It is not asked for then:
    /// that would make it.
    /// </returns>
    /// <exception cref="LinuxException"/>
    public static byte[]? Read(NetworkNamespace space) => space.Run(() => IsThere() ? ReadHere() : null);

    private static bool IsThere()
    {
        const string names = "/proc/thread-self/net/ip_tables_names";
        return File.Exists(names) && File.ReadLines(names).Contains(Name);
    }

    private static byte[] ReadHere()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            for (var attempt = 1; ; attempt++)
            {
                var info = new byte[InfoBytes];
                System.Text.Encoding.ASCII.GetBytes(Name, info);
                socket.GetRawSocketOption(Ip, GetInfo, info);
                var size = MemoryMarshal.Read<int>(info.AsSpan(InfoEntriesSize));
                if (size is < 0 or > MostBytes) throw new LinuxException("read iptables-legacy's filter table", Linux.Errno.EINVAL, $"it has {size} bytes");
                var entries = new byte[EntriesHeader + size];
                System.Text.Encoding.ASCII.GetBytes(Name, entries);
                MemoryMarshal.Write(entries.AsSpan(NameBytes), size);
                try
                {
                    socket.GetRawSocketOption(Ip, GetEntries, entries);
                }
                catch (SocketException) when (attempt < Attempts)
                {
                    continue;
                }
                byte[] table = [.. info, .. entries.AsSpan(EntriesHeader)];
                LegacyTableReader.ClearCounters(table);
                return table;
            }
        }
        catch (SocketException error)
        {
            throw new LinuxException("read iptables-legacy's filter table", error.NativeErrorCode);
        }
        catch (InvalidDataException error)
        {
            throw new LinuxException("read iptables-legacy's filter table", Linux.Errno.EINVAL, error.Message);
        }
    }
}
