using System.CommandLine;
using System.Runtime.InteropServices;

namespace Skein.Commands;

internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the version and what this program was built for.");
        command.SetAction(result => result.InvocationConfiguration.Output.WriteLine(
            $"skein {ProgramVersion.Current} ({RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription})"));
        return command;
    }
}
