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
            good=0; refused=0; silent=0
            while [ ! -e {{stop}} ]; do for t in {{string.Join(' ', targets)}}; do
              if { exec 3<>/dev/tcp/${t%:*}/${t#*:}; } 2>/dev/null; then
                line=; printf 'GET / HTTP/1.0\r\n\r\n' >&3 && read -r -t 5 line <&3; exec 3>&-
                case $line in *" 200 "*) good=$((good + 1));; *) silent=$((silent + 1)); echo "$(date +%T.%3N) $t: '$line'";; esac
              else refused=$((refused + 1)); echo "$(date +%T.%3N) $t refused"; fi
            done; done
            echo "$good good $refused refused $silent unanswered"
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
            good=0; refused=0; silent=0
            while [ ! -e /stop ]; do
              if said=$(wget -q -O /dev/null http://{{name}}/ 2>&1); then good=$((good + 1)); else
                case $said in *refused*) refused=$((refused + 1));; *) silent=$((silent + 1));; esac
                echo "$(date) $said"
              fi
            done
            echo "$good good $refused refused $silent unanswered"
            """;
        return new(what, host.RunAsync("exec", container, "sh", "-c", script), () => host.OutputOfAsync($"exec {container} touch /stop"));
    }

    /// <summary>One of so many may go without an answer: it was open when its task got the signal, and what serves it is gone at once.</summary>
    private const int OneOf = 1000;

    /// <summary>Ends it; fails the test when a connection was refused, when more than one in a thousand got no answer, or when hardly any was made.</summary>
    public async Task<int> EndAsync(int least)
    {
        await _end();
        var lines = (await _running).Lines();
        var counts = lines[^1].Split(' ');
        Assert.True(counts is [_, "good", "0", "refused", _, "unanswered"], $"{_what}: {string.Join('\n', lines)}");
        int Count(int at) => int.Parse(counts[at], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Count(4) * OneOf <= Count(0), $"{_what}: {string.Join('\n', lines)}");
        Assert.True(Count(0) >= least, $"{_what}: only {Count(0)} connections were made");
        return Count(0);
    }
}
