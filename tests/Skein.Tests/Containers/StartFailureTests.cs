using Skein.Agent.Containers.Processes;
using Xunit;

namespace Skein.Tests.Containers;

public class StartFailureTests
{
    [Theory]
    [InlineData("exec: \"nosuch\": executable file not found in $PATH", 127)]
    [InlineData("exec /file: permission denied", 126)]
    [InlineData("anything else", 128)]
    public void Dockers_codes_tell_why(string message, int code) => Assert.Equal((message, code), Of(message));

    [Fact]
    public void What_a_command_is_called_is_not_kept_at_any_length()
    {
        var (message, code) = Of($"exec: \"{new string('x', 2 << 20)}\": executable file not found in $PATH");
        Assert.Equal(127, code);
        Assert.Equal((16 << 10) + 1, message.Length);
        Assert.EndsWith("x\": executable file not found in $PATH", message, StringComparison.Ordinal);
    }

    private static (string Message, int ExitCode) Of(string message) => StartFailure.Of(message) is var failure ? (failure.Message, failure.ExitCode) : default;
}
