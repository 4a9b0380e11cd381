using System.Runtime.InteropServices;

namespace Skein.Linux.Nftables;

/// <summary>libnftables.so.1, as far as it is used.</summary>
internal static partial class NftablesLibrary
{
    private const string Name = "libnftables.so.1";

    public const uint OutputJson = 1 << 4;
    public const uint OutputTerse = 1 << 11;

    [LibraryImport(Name)]
    public static partial nint nft_ctx_new(uint flags);

    [LibraryImport(Name)]
    public static partial void nft_ctx_free(nint context);

    [LibraryImport(Name)]
    public static partial void nft_ctx_output_set_flags(nint context, uint flags);

    [LibraryImport(Name)]
    public static partial int nft_ctx_buffer_output(nint context);

    [LibraryImport(Name)]
    public static partial int nft_ctx_buffer_error(nint context);

    [LibraryImport(Name)]
    public static partial nint nft_ctx_get_output_buffer(nint context);

    [LibraryImport(Name)]
    public static partial nint nft_ctx_get_error_buffer(nint context);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int nft_run_cmd_from_buffer(nint context, string commands);
}
