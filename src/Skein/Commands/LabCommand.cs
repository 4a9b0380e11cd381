using System.CommandLine;
using Skein.Lab;
using Skein.Lab.Images;
using Skein.Model;
using Spectre.Console;

namespace Skein.Commands;

/// <summary>`skein lab …`: hosts made of namespaces on this machine.</summary>
internal static class LabCommand
{
    private static readonly Option<string?> NameOption = new("--name")
    {
        Description = "Which lab, where there are several: its sockets are /run/skein-lab-NAME/hN/docker.sock",
        HelpName = "LAB",
        Recursive = true,
    };

    public static Command Create() =>
        new("lab", "Hosts on a LAN of their own, made of namespaces on this machine: each with its containerd and its Skein daemon.")
        {
            NameOption,
            Up(),
            Verb("down", "Remove the lab: processes, namespaces, mounts, cgroups and files. The images stay, for the next one.", (lab, cancel) => lab.DownAsync(cancel)),
            Ps(),
            Exec(),
            Logs(),
            HostVerb("kill", "The host's power goes: its cable is cut, then every process ends by SIGKILL.", (lab, host, cancel) => lab.KillAsync(host, cancel)),
            HostVerb("start", "Boot a host that is off, with the disk it had.", (lab, host, cancel) => lab.StartAsync(host, cancel)),
            HostVerb("pause", "Take the host off the LAN; it keeps running (a partition).", (lab, host, cancel) => lab.PauseAsync(host, cancel)),
            HostVerb("resume", "Put the host on the LAN again.", (lab, host, cancel) => lab.ResumeAsync(host, cancel)),
            Images(),
            Resolver(),
        };

    private static Command Up()
    {
        var hosts = new Option<int>("--hosts")
        {
            Description = "How many hosts: h1 at 192.168.56.11, h2 at .12 …",
            DefaultValueFactory = _ => 3,
            HelpName = "N",
        };
        hosts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > LabHost.MostHosts)
                result.AddError($"--hosts: from 1 to {LabHost.MostHosts}");
        });
        // For bench/: the same hosts under another engine.
        var daemon = new Option<string?>("--daemon") { Description = "A command line to run in the hosts in the place of `skein daemon`", Hidden = true };
        var command = new Command("up", "Raise the lab, or whatever of it is not up.") { hosts, daemon };
        command.SetAction((result, cancel) => RunAsync(result, lab => lab.UpAsync(result.GetValue(hosts), result.GetValue(daemon), cancel)));
        return command;
    }

    private static Command Ps()
    {
        var command = new Command("ps", "List the lab's hosts.");
        command.SetAction((result, cancel) => RunAsync(result, async lab =>
        {
            var table = new Table().Border(TableBorder.None).AddColumns("HOST", "ADDRESS", "STATE", "SOCKET");
            foreach (var host in lab.Paths.Hosts())
                table.AddRow(host.Name, host.Address, await lab.StateOfAsync(host, cancel), "unix://" + host.DockerSocket);
            AnsiConsole.Write(table);
        }));
        return command;
    }

    private static Command Exec()
    {
        var host = new Argument<string>("HOST") { Description = "h1, h2 …, or lan for a computer on the LAN that is no host" };
        var words = new Argument<string[]>("CMD") { Description = "The command and its arguments; put -- before it", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command of this machine inside a host.") { host, words };
        command.SetAction((result, _) => GuardAsync(() =>
        {
            var inside = LabOf(result).Inside(result.GetRequiredValue(host), result.GetRequiredValue(words));
            return ExternalCommand.HandOverAsync(inside[0], inside.Skip(1));
        }));
        return command;
    }

    private static Command Logs()
    {
        var host = new Argument<string>("HOST") { Description = "h1, h2 …" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as lines come" };
        var command = new Command("logs", "Print what the host's Skein daemon logged.") { host, follow };
        command.SetAction((result, _) => GuardAsync(() =>
        {
            var log = LabHost.Parse(LabOf(result).Paths, result.GetRequiredValue(host)).DaemonLog;
            return ExternalCommand.HandOverAsync("tail", result.GetValue(follow) ? ["-n", "+1", "-F", log] : ["-n", "+1", log]);
        }));
        return command;
    }

    private static Command Images()
    {
        var rebuild = new Option<bool>("--rebuild") { Description = "Fetch Debian's packages again and make all images anew" };
        var command = new Command("images", "Make the images that the lab's registry serves: httpd, nginx and busybox, from Debian's packages.") { rebuild };
        command.SetAction((result, cancel) => RunAsync(result, progress => new LabImages(progress, TimeProvider.System).EnsureAsync(result.GetValue(rebuild), cancel)));
        return command;
    }

    private static Command Resolver()
    {
        var command = new Command("resolver", "The LAN's resolver; `lab up` starts it.") { Hidden = true };
        command.SetAction((_, cancel) => LabResolver.ServeAsync(cancel));
        return command;
    }

    private static Command Verb(string name, string description, Func<VirtualLab, CancellationToken, Task> action)
    {
        var command = new Command(name, description);
        command.SetAction((result, cancel) => RunAsync(result, lab => action(lab, cancel)));
        return command;
    }

    private static Command HostVerb(string name, string description, Func<VirtualLab, LabHost, CancellationToken, Task> action)
    {
        var host = new Argument<string>("HOST") { Description = "h1, h2 …" };
        var command = new Command(name, description) { host };
        command.SetAction((result, cancel) => RunAsync(result, lab => action(lab, LabHost.Parse(lab.Paths, result.GetRequiredValue(host)), cancel)));
        return command;
    }

    private static VirtualLab LabOf(ParseResult result, ILabProgress? progress = null) =>
        new(new LabPaths(LabName.Parse(result.GetValue(NameOption))), TimeProvider.System, progress ?? new PlainProgress());

    private static Task<int> RunAsync(ParseResult result, Func<VirtualLab, Task> action) =>
        RunAsync(result, progress => action(LabOf(result, progress)));

    private static Task<int> RunAsync(ParseResult _, Func<ILabProgress, Task> action) => GuardAsync(async () =>
    {
        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
            await AnsiConsole.Status().StartAsync("…", context => action(new LiveProgress(context)));
        else
            await action(new PlainProgress());
        return 0;
    });

    private static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            // All of it, `ps` too: half of what it would see is hidden from anyone else.
            if (!Environment.IsPrivilegedProcess)
                throw new SkeinException(ErrorKind.Forbidden, "the lab makes namespaces and mounts: run it as root");
            return await action();
        }
        catch (Exception e) when (e is SkeinException or IOException)
        {
            await Console.Error.WriteLineAsync("skein: " + e.Message);
            return 1;
        }
    }
}
