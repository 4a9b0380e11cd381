using System.Diagnostics;

namespace Skein.Bench;

/// <summary>The stock docker CLI at one host, timed as its user waits for it.</summary>
internal sealed class Cli(string socket)
{
    /// <summary>Its output.</summary>
    public Task<string> RunAsync(params string[] arguments) => ExternalProgram.RunAsync("docker", ["--host", "unix://" + socket, .. arguments]);

    /// <summary>Milliseconds until it has ended; what it prints is read and dropped.</summary>
    public async Task<double> TimeAsync(params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = ExternalProgram.Start("docker", ["--host", "unix://" + socket, .. arguments]);
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, 1 << 20);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? clock.Elapsed.TotalMilliseconds
            : throw new InvalidOperationException($"docker {string.Join(' ', arguments)}: status {process.ExitCode}: {await errors}");
    }
}
