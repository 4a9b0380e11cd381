using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Skein.Commands;

internal static class VersionCommand
{
    /// <summary>The version of the assembly, without the commit that the SDK appends after '+'.</summary>
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static Command Create()
    {
        var command = new Command("version", "Print the version and what this program was built for.");
        command.SetAction(result => result.InvocationConfiguration.Output.WriteLine(
            $"skein {Version} ({RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription})"));
        return command;
    }
}
