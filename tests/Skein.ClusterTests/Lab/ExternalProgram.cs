using System.Diagnostics;
using Xunit;

namespace Skein.ClusterTests.Lab;

public static class ExternalProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static async Task<ProgramResult> RunAsync(string file, params IEnumerable<string> arguments)
    {
        var line = $"{Path.GetFileName(file)} {string.Join(' ', arguments)}";
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{line}\ndid not end within {Limit.TotalSeconds} s\n{await errors}{await output}");
        }

        return new ProgramResult(line, process.ExitCode, await output, await errors);
    }
}
