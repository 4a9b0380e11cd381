using System.Runtime.InteropServices;

namespace Skein.Linux.Compression;

/// <summary>bzip2, by libbz2, which needs 4 MiB at most; several streams one after the other are one, as pbzip2 writes them.</summary>
public sealed unsafe partial class Bzip2Decoder : Decoder
{
    private const string Library = "libbz2.so.1.0";
    private const int Ok = 0, StreamEnd = 4;

    private readonly BzStream* _stream = (BzStream*)NativeMemory.AllocZeroed((nuint)sizeof(BzStream));
    private bool _isInStream;

    /// <exception cref="DllNotFoundException"/>
    public Bzip2Decoder()
    {
        Begin();
        Opened();
    }

    public override DecoderStep Decode(ReadOnlySpan<byte> packed, Span<byte> plain, bool isLast)
    {
        if (packed.IsEmpty && !_isInStream) return new DecoderStep(0, 0, IsComplete: true);
        Begin();
        fixed (byte* input = packed)
        fixed (byte* output = plain)
        {
            _stream->Input = input;
            _stream->InputSize = (uint)packed.Length;
            _stream->Output = output;
            _stream->OutputSize = (uint)plain.Length;
            var result = BZ2_bzDecompress(_stream);
            if (result is not (Ok or StreamEnd)) throw new InvalidDataException("bzip2 data invalid");
            if (result == StreamEnd) Finish();
            return new DecoderStep(packed.Length - (int)_stream->InputSize, plain.Length - (int)_stream->OutputSize, result == StreamEnd);
        }
    }

    protected override void Close()
    {
        Finish();
        NativeMemory.Free(_stream);
    }

    private void Begin()
    {
        if (_isInStream) return;
        if (BZ2_bzDecompressInit(_stream, 0, 0) != Ok) throw new OutOfMemoryException();
        _isInStream = true;
    }

    private void Finish()
    {
        if (_isInStream) _ = BZ2_bzDecompressEnd(_stream);   // it fails only where there is nothing to free
        _isInStream = false;
    }

    [LibraryImport(Library)]
    private static partial int BZ2_bzDecompressInit(BzStream* stream, int verbosity, int small);

    [LibraryImport(Library)]
    private static partial int BZ2_bzDecompress(BzStream* stream);

    [LibraryImport(Library)]
    private static partial int BZ2_bzDecompressEnd(BzStream* stream);

    /// <summary>bz_stream of bzlib.h.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 80)]
    private struct BzStream
    {
        public byte* Input;
        public uint InputSize;
        public uint InputTotalLow;
        public uint InputTotalHigh;
        public byte* Output;
        public uint OutputSize;
        public uint OutputTotalLow;
        public uint OutputTotalHigh;
    }
}
