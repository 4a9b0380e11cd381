namespace Skein.Bench;

/// <summary>Bytes as programs have them, half of which compression can take.</summary>
internal static class Payload
{
    private const int Megabyte = 1 << 20;

    public static async Task WriteAsync(string file, int megabytes, int seed)
    {
        var (random, block) = (new Random(seed), new byte[Megabyte]);
        await using var target = File.Create(file);
        for (var i = 0; i < megabytes; i++)
        {
            random.NextBytes(block.AsSpan(0, Megabyte / 2));
            for (var at = Megabyte / 2; at < Megabyte; at++) block[at] = (byte)(block[at - Megabyte / 2] & 3);
            await target.WriteAsync(block);
        }
    }
}
