using System.Text.Json.Serialization;
using Skein.Agent.Containers;

namespace Skein.Api.Containers;

/// <summary>POST /containers/ID/exec</summary>
internal sealed record ExecCreateJson
{
    public string? User { get; init; }
    public bool Privileged { get; init; }
    public bool Tty { get; init; }
    public bool AttachStdin { get; init; }
    public bool AttachStdout { get; init; }
    public bool AttachStderr { get; init; }
    public string? DetachKeys { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public string? WorkingDir { get; init; }
    public IReadOnlyList<string>? Cmd { get; init; }

    public ExecDefinition ToModel() => new(
        Cmd ?? [], Env ?? [], User ?? "", WorkingDir ?? "", Tty, AttachStdin, AttachStdout, AttachStderr, Privileged, DetachKeys ?? "");
}

/// <summary>POST /exec/ID/start</summary>
internal sealed record ExecStartJson
{
    public bool Detach { get; init; }
    public bool Tty { get; init; }

    /// <summary>Height, then width.</summary>
    public uint[]? ConsoleSize { get; init; }
}

/// <summary>GET /exec/ID/json</summary>
/// <param name="ExitCode">null while it runs.</param>
internal sealed record ExecInspectJson(
    string ID,
    bool Running,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? ExitCode,
    ExecInspectJson.ProcessConfigJson ProcessConfig,
    bool OpenStdin,
    bool OpenStderr,
    bool OpenStdout,
    bool CanRemove,
    string ContainerID,
    string DetachKeys,
    uint Pid)
{
#pragma warning disable IDE1006 // Docker's own spelling
    internal sealed record ProcessConfigJson(bool tty, string entrypoint, IReadOnlyList<string> arguments, bool privileged, string user);
#pragma warning restore IDE1006

    public static ExecInspectJson From(ExecRecord exec) => new(
        exec.Id,
        exec.Running,
        exec.ExitCode,
        new ProcessConfigJson(
            exec.Definition.Tty, exec.Definition.Command[0], [.. exec.Definition.Command.Skip(1)], exec.Definition.Privileged, exec.Definition.User),
        exec.Definition.AttachStdin,
        exec.Definition.AttachStderr,
        exec.Definition.AttachStdout,
        CanRemove: false,
        exec.ContainerId,
        exec.Definition.DetachKeys,
        exec.Pid);
}
