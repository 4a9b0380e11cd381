using System.Diagnostics;

namespace Skein.HostTests;

/// <summary>Runs a program for a test and insists on success.</summary>
internal static class Commands
{
    public static string Run(string program, params string[] arguments)
    {
        var (exit, output, error) = Try(program, arguments);
        if (exit != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit {exit}: {output}{error}");
        return output;
    }

    /// <summary>A child inherits the network namespace of the thread that starts it.</summary>
    public static (int Exit, string Output, string Error) Try(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(Poll.Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Poll.Patience.TotalSeconds} s");
        }
        return (process.ExitCode, output, error.Result);
    }
}
