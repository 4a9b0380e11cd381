using System.Buffers;
using Skein.Managing;
using Xunit;

namespace Skein.Tests.Hosting;

public class SocketMemoryTests
{
    [Fact]
    public void Blocks_are_large_while_few_are_out_and_small_for_the_others()
    {
        using var memory = new SocketMemory();
        var blocks = Enumerable.Range(0, 100).Select(_ => memory.Rent()).ToList();
        Assert.Equal((32, 68), (blocks.Count(block => block.Memory.Length == 64 << 10), blocks.Count(block => block.Memory.Length == 4 << 10)));

        blocks.ForEach(block => block.Dispose());
        Assert.Equal(64 << 10, memory.Rent().Memory.Length);
    }

    [Fact]
    public void Who_needs_a_large_one_has_it_also_when_many_are_out()
    {
        using var memory = new SocketMemory();
        for (var i = 0; i < 100; i++) memory.Rent();
        Assert.True(memory.Rent(20_000).Memory.Length >= 20_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Rent(memory.MaxBufferSize + 1));
    }

    [Fact]
    public void A_block_is_given_back_once()
    {
        using var memory = new SocketMemory();
        var block = memory.Rent();
        block.Dispose();
        block.Dispose();
        var (one, other) = (memory.Rent(), memory.Rent());
        one.Memory.Span[0] = 1;
        other.Memory.Span[0] = 2;
        Assert.Equal(1, one.Memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => block.Memory);
    }
}
