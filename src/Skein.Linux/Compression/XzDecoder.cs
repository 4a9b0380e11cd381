using System.Runtime.InteropServices;

namespace Skein.Linux.Compression;

/// <summary>xz, by liblzma; several streams one after the other are one, as for the tool.</summary>
public sealed unsafe partial class XzDecoder : Decoder
{
    private const string Library = "liblzma.so.5";
    private const uint Concatenated = 0x08;
    private const int Run = 0, Finish = 3;
    private const int Ok = 0, StreamEnd = 1, MemoryLimit = 6, BufferError = 10;

    private readonly LzmaStream* _stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));

    /// <exception cref="DllNotFoundException"/>
    public XzDecoder()
    {
        // The window and a little for the decoder itself.
        if (lzma_stream_decoder(_stream, WindowSizeMax + (1 << 20), Concatenated) != Ok) throw new OutOfMemoryException();
        Opened();
    }

    public override DecoderStep Decode(ReadOnlySpan<byte> packed, Span<byte> plain, bool isLast)
    {
        fixed (byte* input = packed)
        fixed (byte* output = plain)
        {
            _stream->Input = input;
            _stream->InputSize = (nuint)packed.Length;
            _stream->Output = output;
            _stream->OutputSize = (nuint)plain.Length;
            var result = lzma_code(_stream, isLast ? Finish : Run);
            if (result == MemoryLimit) throw new InvalidDataException($"xz: more than {WindowSizeMax >> 20} MiB of memory are needed");
            // With all of the input taken and nothing to come a buffer error says that the stream is cut.
            if (result is not (Ok or StreamEnd or BufferError)) throw new InvalidDataException("xz: data is corrupt");
            return new DecoderStep(packed.Length - (int)_stream->InputSize, plain.Length - (int)_stream->OutputSize, result == StreamEnd);
        }
    }

    protected override void Close()
    {
        lzma_end(_stream);
        NativeMemory.Free(_stream);
    }

    [LibraryImport(Library)]
    private static partial int lzma_stream_decoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(Library)]
    private static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(Library)]
    private static partial void lzma_end(LzmaStream* stream);

    /// <summary>lzma_stream of lzma/base.h.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 136)]
    private struct LzmaStream
    {
        public byte* Input;
        public nuint InputSize;
        public ulong InputTotal;
        public byte* Output;
        public nuint OutputSize;
        public ulong OutputTotal;
    }
}
