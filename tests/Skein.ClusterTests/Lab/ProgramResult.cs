using Xunit;

namespace Skein.ClusterTests.Lab;

public sealed record ProgramResult(string CommandLine, int ExitCode, string Output, string Errors)
{
    /// <summary>The output without its last line end; fails the test when the program did.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"{CommandLine}\nended with status {ExitCode}\n{Errors}{Output}");
        return Output.TrimEnd('\n');
    }

    public string[] Lines() => Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => $"{CommandLine}: status {ExitCode}\n{Errors}{Output}";
}
