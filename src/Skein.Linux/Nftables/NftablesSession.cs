using System.Runtime.InteropServices;
using System.Text.Json;
using Skein.Linux.Namespaces;

namespace Skein.Linux.Nftables;

/// <summary>nftables of one network namespace: commands as text, in nft's language; one call is one transaction.</summary>
/// <remarks>
/// A libnftables context opens its netlink socket in the namespace of the thread that makes it, so each call makes one on a
/// thread inside and frees it there: nothing is left that would hold the namespace. The library keeps global tables and is
/// not documented as safe for threads: one call at a time in this process. A call costs about 1 ms, an element of a map 4 µs.
/// </remarks>
public static class NftablesSession
{
    private static readonly Lock Library = new();

    /// <summary>Runs the commands as one transaction: all or nothing, and no packet sees a part of it.</summary>
    /// <exception cref="NftablesException"/>
    public static void Apply(NetworkNamespace space, string commands) => space.Run(() => Execute(commands, 0));

    /// <summary>Runs a list command and returns its JSON document.</summary>
    /// <exception cref="NftablesException"/>
    public static JsonDocument List(NetworkNamespace space, string command) =>
        JsonDocument.Parse(space.Run(() => Execute(command, NftablesLibrary.OutputJson)));

    /// <summary>
    /// All tables with their chains and rules, and without what named sets and maps hold. One question for all: libnftables 1.0.6 takes
    /// 1.6 ms for each chain that is listed by itself, and reads the elements of its table's sets for each, 0.7 s where those are 100,000.
    /// </summary>
    /// <exception cref="NftablesException"/>
    public static JsonDocument Rules(NetworkNamespace space) =>
        JsonDocument.Parse(space.Run(() => Execute("list ruleset", NftablesLibrary.OutputJson | NftablesLibrary.OutputTerse)));

    /// <summary>Names of the tables, as "family name".</summary>
    public static IReadOnlySet<string> Tables(NetworkNamespace space)
    {
        using var listing = List(space, "list tables");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in listing.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (item.TryGetProperty("table", out var table))
                names.Add($"{table.GetProperty("family").GetString()} {table.GetProperty("name").GetString()}");
        }
        return names;
    }

    private static string Execute(string commands, uint outputFlags)
    {
        lock (Library)
        {
            LowDescriptors.Free();
            var context = NftablesLibrary.nft_ctx_new(0);
            LowDescriptors.Keep();
            if (context == 0) throw new NftablesException("libnftables gave no context");
            try
            {
                NftablesLibrary.nft_ctx_output_set_flags(context, outputFlags);
                if (NftablesLibrary.nft_ctx_buffer_output(context) != 0 || NftablesLibrary.nft_ctx_buffer_error(context) != 0)
                    throw new NftablesException("libnftables gave no buffers");
                var result = NftablesLibrary.nft_run_cmd_from_buffer(context, commands);
                var error = Text(NftablesLibrary.nft_ctx_get_error_buffer(context));
                if (result != 0) throw new NftablesException(error.Length > 0 ? error.TrimEnd() : $"nftables refused: {commands}");
                return Text(NftablesLibrary.nft_ctx_get_output_buffer(context));
            }
            finally
            {
                NftablesLibrary.nft_ctx_free(context);
            }
        }
    }

    private static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";
}
