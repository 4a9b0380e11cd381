using System.ComponentModel;
using System.Diagnostics;
using Skein.Model;

namespace Skein.Lab;

/// <summary>Runs a program of the machine for the lab; the product itself never does.</summary>
internal static class ExternalCommand
{
    /// <summary>Runs to the end and gives back standard output.</summary>
    /// <exception cref="SkeinException">It ended with another status than 0; the message has its standard error.</exception>
    public static async Task<string> RunAsync(string file, IEnumerable<string> arguments, CancellationToken cancel)
    {
        using var process = Start(file, arguments, redirect: true);
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = await process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0)
            throw new SkeinException(ErrorKind.Internal, $"{file} {string.Join(' ', arguments)}: {errors.Trim()} (status {process.ExitCode})");
        return await output;
    }

    public static Task RunAsync(string commandLine, CancellationToken cancel)
    {
        var words = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return RunAsync(words[0], words.Skip(1), cancel);
    }

    /// <summary>Like RunAsync, for a removal of what may be gone already.</summary>
    public static async Task TryAsync(string commandLine, CancellationToken cancel)
    {
        try
        {
            await RunAsync(commandLine, cancel);
        }
        catch (SkeinException)
        {
        }
    }

    /// <summary>Gives the caller's terminal to the program and returns its status.</summary>
    public static async Task<int> HandOverAsync(string file, IEnumerable<string> arguments)
    {
        // Ctrl-C reaches the program by the terminal; we only wait for what it makes of it.
        ConsoleCancelEventHandler ignore = (_, e) => e.Cancel = true;
        Console.CancelKeyPress += ignore;
        try
        {
            using var process = Start(file, arguments, redirect: false);
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        finally
        {
            Console.CancelKeyPress -= ignore;
        }
    }

    public static Process Start(string file, IEnumerable<string> arguments, bool redirect)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(file, arguments)
            {
                RedirectStandardOutput = redirect,
                RedirectStandardError = redirect,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new SkeinException(ErrorKind.Internal, $"{file} can't be started: {e.Message}; scripts/setup.sh installs what the lab needs", e);
        }
    }
}
