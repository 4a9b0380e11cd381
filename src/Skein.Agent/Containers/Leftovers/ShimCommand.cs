namespace Skein.Agent.Containers.Leftovers;

/// <summary>The command line of a shim that serves: containerd's namespace and socket, and the container it was started for.</summary>
internal readonly record struct ShimCommand(string Namespace, string ContainerId, string Address)
{
    /// <param name="commandLine">As in /proc/PID/cmdline, its arguments ended by NUL.</param>
    /// <returns>null for anything else, a shim's short-lived "start" and "delete" included.</returns>
    public static ShimCommand? Parse(string commandLine)
    {
        var arguments = commandLine.TrimEnd('\0').Split('\0');
        if (Path.GetFileName(arguments[0]) != "containerd-shim-runc-v2") return null;
        var options = new Dictionary<string, string>();
        for (var i = 1; i < arguments.Length; i++)
        {
            if (arguments[i] == "-debug") continue;
            // What is no option is an action, and an action's process ends by itself.
            if (!arguments[i].StartsWith('-') || i + 1 == arguments.Length) return null;
            options[arguments[i]] = arguments[++i];
        }
        return options.TryGetValue("-namespace", out var space) && options.TryGetValue("-id", out var id) && options.TryGetValue("-address", out var address)
            ? new ShimCommand(space, id, address)
            : null;
    }
}
