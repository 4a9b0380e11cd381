using System.CommandLine;

namespace Skein.Commands;

/// <summary>The program's root: every subcommand is made in its own file and listed here once.</summary>
internal static class SkeinCommand
{
    public static RootCommand Create() =>
        new("""
            Skein: one network and one swarm over several Linux hosts, driven by the stock docker CLI.

            `skein daemon` runs on every host and answers the Docker Engine API on a socket; from there on the
            commands are Docker's own: docker swarm init, docker network create -d overlay, docker service create.
            """)
        {
            DaemonCommand.Create(),
            LabCommand.Create(),
            VersionCommand.Create(),
        };
}
