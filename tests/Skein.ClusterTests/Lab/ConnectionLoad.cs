using Xunit;

namespace Skein.ClusterTests.Lab;

/// <summary>
/// One connection after the other, each with a request and its answer, until it is ended. It tells of each that failed when, where and how.
/// </summary>
public sealed class ConnectionLoad
{
    private readonly string _what;
    private readonly Task<ProgramResult> _running;
    private readonly Func<Task> _end;

    private ConnectionLoad(string what, Task<ProgramResult> running, Func<Task> end) => (_what, _running, _end) = (what, running, end);

    /// <summary>By bash's own sockets, in a network namespace of the lab: no process a connection.</summary>
    /// <param name="enter">The program that leads there, with its arguments.</param>
    public static ConnectionLoad ByAddress(string what, string program, IEnumerable<string> enter, params IEnumerable<string> targets)
    {
        var stop = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var script = $$"""
            good=0; bad=0
            while [ ! -e {{stop}} ]; do for t in {{string.Join(' ', targets)}}; do
              line=; { exec 3<>/dev/tcp/${t%:*}/${t#*:} && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && read -r -t 5 line <&3; exec 3>&-; } 2>/dev/null
              case $line in *" 200 "*) good=$((good + 1));; *) bad=$((bad + 1)); echo "$(date +%T.%3N) $t: '$line'";; esac
            done; done
            echo "$good good $bad bad"
            """;
        return new(what, ExternalProgram.RunAsync(program, [.. enter, "bash", "-c", script]), () =>
        {
            File.WriteAllText(stop, "");
            return Task.CompletedTask;
        });
    }

    /// <summary>By name, asked anew each time, inside a container of busybox.</summary>
    public static ConnectionLoad ByName(string what, Docker host, string container, string name)
    {
        var script = $$"""
            good=0; bad=0
            while [ ! -e /stop ]; do
              if wget -q -O /dev/null http://{{name}}/; then good=$((good + 1)); else bad=$((bad + 1)); date; fi
            done
            echo "$good good $bad bad"
            """;
        return new(what, host.RunAsync("exec", container, "sh", "-c", script), () => host.OutputOfAsync($"exec {container} touch /stop"));
    }

    /// <summary>Ends it; fails the test when a connection failed, or when hardly any was made.</summary>
    public async Task<int> EndAsync(int least)
    {
        await _end();
        var lines = (await _running).Lines();
        var counts = lines[^1].Split(' ');
        Assert.True(counts is [_, "good", "0", "bad"], $"{_what}: {string.Join('\n', lines)}");
        var good = int.Parse(counts[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(good >= least, $"{_what}: only {good} connections were made");
        return good;
    }
}
