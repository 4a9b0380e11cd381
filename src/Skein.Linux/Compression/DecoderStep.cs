namespace Skein.Linux.Compression;

/// <param name="Taken">Packed bytes that were used.</param>
/// <param name="Given">Plain bytes that were written.</param>
/// <param name="IsComplete">The packed data may end here.</param>
public readonly record struct DecoderStep(int Taken, int Given, bool IsComplete);
