namespace Skein.Agent.Networks;

/// <summary>A leg keeps its number, and is called by it inside, as long as it is connected.</summary>
internal static class LegNumber
{
    public static string Device(uint number) => $"eth{number}";

    /// <summary>The lowest that nobody has.</summary>
    public static uint Free(Func<uint, bool> isTaken)
    {
        var number = 0u;
        while (isTaken(number)) number++;
        return number;
    }
}
