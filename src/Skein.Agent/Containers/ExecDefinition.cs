namespace Skein.Agent.Containers;

public sealed record ExecDefinition(
    IReadOnlyList<string> Command,
    IReadOnlyList<string> Env,
    string User,
    string WorkingDir,
    bool Tty,
    bool AttachStdin,
    bool AttachStdout,
    bool AttachStderr,
    bool Privileged,
    string DetachKeys);

/// <param name="ExitCode">null until it has ended.</param>
public sealed record ExecRecord(string Id, string ContainerId, ExecDefinition Definition, bool Running, int? ExitCode, uint Pid);
