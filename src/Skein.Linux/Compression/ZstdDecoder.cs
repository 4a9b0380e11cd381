using System.Runtime.InteropServices;

namespace Skein.Linux.Compression;

/// <summary>zstd, by libzstd; several frames one after the other are one.</summary>
public sealed unsafe partial class ZstdDecoder : Decoder
{
    private const string Library = "libzstd.so.1";

    private readonly nint _context = ZSTD_createDCtx();

    /// <exception cref="DllNotFoundException"/>
    public ZstdDecoder()
    {
        if (_context == 0) throw new OutOfMemoryException();
        Opened();
        _ = Checked(ZSTD_DCtx_setMaxWindowSize(_context, WindowSizeMax));
    }

    public override DecoderStep Decode(ReadOnlySpan<byte> packed, Span<byte> plain, bool isLast)
    {
        fixed (byte* input = packed)
        fixed (byte* output = plain)
        {
            var from = new Area { Start = input, Size = (nuint)packed.Length };
            var to = new Area { Start = output, Size = (nuint)plain.Length };
            var wanted = Checked(ZSTD_decompressStream(_context, &to, &from));
            return new DecoderStep((int)from.Position, (int)to.Position, IsComplete: wanted == 0);
        }
    }

    protected override void Close() => ZSTD_freeDCtx(_context);

    private static nuint Checked(nuint result) => ZSTD_isError(result) == 0
        ? result
        : throw new InvalidDataException($"zstd: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(result))}");

    [LibraryImport(Library)]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_DCtx_setMaxWindowSize(nint context, nuint size);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressStream(nint context, Area* output, Area* input);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint result);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint result);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Area
    {
        public byte* Start;
        public nuint Size;
        public nuint Position;
    }
}
