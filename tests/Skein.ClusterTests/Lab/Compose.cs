using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>Compose against one host's socket: Debian's 1.29, or 2, which is a program of its own.</summary>
public sealed class Compose(string program, string socket, string file, string project)
{
    /// <summary>Debian's script in Python up to Debian 12.</summary>
    private const string First = "/usr/bin/docker-compose";

    // On Debian 13 the name is that of 2.
    private const string FirstsModules = "/usr/lib/python3/dist-packages/compose";

    private static readonly string[] s_second = ["/usr/libexec/docker/cli-plugins/docker-compose", "/usr/local/lib/skein-lab/docker-compose"];

    /// <summary>Of the given version; skips the test where it is not installed.</summary>
    public static Compose Of(int version, ClientHost host, string file, string project)
    {
        var program = version == 1 ? First : s_second.FirstOrDefault(File.Exists);
        Assert.SkipUnless(version == 1 ? Directory.Exists(FirstsModules) : program is not null, $"Compose {version} is not installed");
        return new(program!, host.Socket, Path.Combine(AppContext.BaseDirectory, "compose", file), project);
    }

    public Task<ProgramResult> RunAsync(params IEnumerable<string> arguments) =>
        ExternalProgram.RunAsync("env", [$"DOCKER_HOST=unix://{socket}", "WORD=open sesame", program, "--ansi", "never", "-f", file, "-p", project, .. arguments]);

    /// <summary>Runs the line, split at spaces, and gives its output; fails the test when Compose did.</summary>
    public async Task<string> OutputOfAsync(string line) => (await RunAsync(line.Split(' '))).Succeeded();

    public async Task<string[]> ContainersOfAsync(string service, bool all = false) => (await RunAsync(["ps", "-q", .. all ? (string[])["-a"] : [], service])).Lines();
}
