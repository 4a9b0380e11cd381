using System.Diagnostics;

namespace Skein.Lab;

/// <summary>Starts processes that outlive the command that started them.</summary>
internal static class LabLauncher
{
    /// <summary>This very program, as a command: native, or a build that runs on the shared runtime.</summary>
    public static IReadOnlyList<string> Self { get; } =
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "skein.dll")]
            : [Environment.ProcessPath!];

    /// <summary>
    /// Starts the command in a session of its own, with its output appended to the log. <paramref name="cgroups"/>: the
    /// folders that it enters first.
    /// </summary>
    public static Process Start(IEnumerable<string> command, string log, IEnumerable<string> cgroups)
    {
        // The shell becomes the command: the pid stays. A diagnostics socket of .NET would be left in /tmp by a SIGKILL.
        const string Script = """
            log=$1; shift
            while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift
            exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
                DOTNET_EnableDiagnostics=0 ${DOTNET_ROOT:+DOTNET_ROOT="$DOTNET_ROOT"} setsid "$@" < /dev/null >> "$log" 2>&1
            """;
        return ExternalCommand.Start("/bin/sh", ["-c", Script, "sh", log, .. cgroups, "--", .. command], redirect: false);
    }
}
