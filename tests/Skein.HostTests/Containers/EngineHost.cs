using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.HostTests.Containers;

/// <summary>An engine on a containerd of its own, with one image.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    private readonly BusyboxImages images;

    private EngineHost(ContainerdProcess containerd, Func<ContainerEngineOptions, ContainerEngineOptions>? adjust)
    {
        Containerd = containerd;
        images = new BusyboxImages(containerd.Client);
        var options = new ContainerEngineOptions(
            Path.Combine(containerd.Folder, "data"), Path.Combine(containerd.Folder, "exec"), "/" + Path.GetFileName(containerd.Folder));
        Options = adjust is null ? options : adjust(options);
        Engine = NewEngine();
    }

    public ContainerdProcess Containerd { get; }

    public IImageStore Images => images;

    public ContainerEngineOptions Options { get; }

    public ContainerEngine Engine { get; private set; }

    public static async Task<EngineHost> StartAsync(Func<ContainerEngineOptions, ContainerEngineOptions>? adjust = null)
    {
        var host = new EngineHost(await ContainerdProcess.StartAsync(), adjust);
        try
        {
            await host.images.MakeAsync();
            await host.Engine.RecoverAsync(default);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The daemon ends; <paramref name="meanwhile"/> happens; a new daemon takes up what it finds.</summary>
    public async Task RestartEngineAsync(Func<Task>? meanwhile = null)
    {
        Engine.Dispose();
        if (meanwhile is not null)
            await meanwhile();
        Engine = NewEngine();
        await Engine.RecoverAsync(default);
    }

    private const long TenMinutes = 600_000_000_000;   // ns

    public static ContainerDefinition Define(string name, params string[] args)
    {
        var spec = new ContainerSpec { Image = BusyboxImages.Name };
        spec.Args.AddRange(args);
        return new ContainerDefinition { Name = name, Spec = spec, StopGracePeriod = TenMinutes };
    }

    public async Task<string> RunAsync(ContainerDefinition definition)
    {
        var id = (await Engine.CreateAsync(definition, default)).Id;
        await Engine.StartAsync(id, default);
        return id;
    }

    public Task<string> RunAsync(string name, params string[] args) => RunAsync(Define(name, args));

    public async Task<int> WaitAsync(string id) => await Engine.WaitAsync(id, default).WaitAsync(Poll.Patience);

    /// <summary>Writes to its input, and leaves.</summary>
    public async Task TellAsync(string id, string text)
    {
        await using var streams = await Engine.AttachAsync(id, default);
        await streams.Stdin!.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>A whole run: its exit code and its output, both streams, stdout first.</summary>
    public async Task<(int ExitCode, string Output)> OutputOfAsync(ContainerDefinition definition)
    {
        var id = await RunAsync(definition);
        var exitCode = await WaitAsync(id);
        return (exitCode, await LogsAsync(id));
    }

    public async Task<string> LogsAsync(string id, LogQuery? query = null)
    {
        var text = new StringBuilder();
        await foreach (var line in Engine.ReadLogsAsync(id, query ?? new LogQuery(true, true, false, null, null, null), default))
            text.Append(Encoding.UTF8.GetString(line.Line.Span));
        return text.ToString();
    }

    public async Task WaitForLogAsync(string id, string wanted)
    {
        using var deadline = new CancellationTokenSource(Poll.Patience);
        var seen = new StringBuilder();
        try
        {
            await foreach (var line in Engine.ReadLogsAsync(id, new LogQuery(true, true, true, null, null, null), deadline.Token))
            {
                seen.Append(Encoding.UTF8.GetString(line.Line.Span));
                if (seen.ToString().Contains(wanted, StringComparison.Ordinal))
                    return;
            }
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"no \"{wanted}\" in the log of {id} within {Poll.Patience.TotalSeconds} s, only: {seen}");
    }

    public async Task<(int ExitCode, string Stdout, string Stderr)> ExecAsync(string id, ExecDefinition definition, string? input = null)
    {
        var exec = await Engine.CreateExecAsync(id, definition, default);
        await using var streams = await Engine.StartExecAsync(exec.Id, null, null, default);
        if (input is not null)
        {
            await streams.Stdin!.WriteAsync(Encoding.UTF8.GetBytes(input));
            await streams.Stdin.DisposeAsync();
        }
        var stdout = ReadAsync(streams.Stdout);
        var stderr = ReadAsync(streams.Stderr);
        var exitCode = await streams.Completion.WaitAsync(Poll.Patience);
        return (exitCode, await stdout.WaitAsync(Poll.Patience), await stderr.WaitAsync(Poll.Patience));
    }

    public static ExecDefinition Exec(params string[] command) => new(command, [], "", "", false, true, true, true, false, "");

    public static async Task<string> ReadAsync(Stream? stream)
    {
        if (stream is null)
            return "";
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var container in Engine.List())
                await Engine.RemoveAsync(container.Id, force: true, volumesToo: true, default);
        }
        finally
        {
            Engine.Dispose();
            await Containerd.DisposeAsync();
            foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
            {
                var group = hierarchy + Options.CgroupParent;
                if (!Directory.Exists(group))
                    continue;
                // What a test that failed has left must not stand in the place of why it failed.
                foreach (var left in Directory.EnumerateDirectories(group))
                    Directory.Delete(left);
                Directory.Delete(group);
            }
        }
    }

    private ContainerEngine NewEngine() =>
        new(Containerd.Client, images, Options, TimeProvider.System, new CryptoIdSource(), NullLoggerFactory.Instance);
}
