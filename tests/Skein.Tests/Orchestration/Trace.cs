using Xunit;

namespace Skein.Tests.Orchestration;

/// <summary>Compares what happened with the story, line by line; the failure shows both whole.</summary>
internal static class Trace
{
    public static void Is(string expected, SwarmWorld world)
    {
        var actual = string.Join('\n', world.TakeTrace().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim()));
        Assert.Equal(expected.ReplaceLineEndings("\n"), actual);
    }
}
