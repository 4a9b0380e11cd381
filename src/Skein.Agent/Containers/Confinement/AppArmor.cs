using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Skein.Model;

namespace Skein.Agent.Containers.Confinement;

/// <summary>
/// AppArmor, where the kernel has it. The profile is compiled and loaded by apparmor_parser, as dockerd does it: what the kernel takes is
/// an automaton in a form that changes with its version, which that program knows. Without the program there is no profile.
/// </summary>
/// <param name="root">"/"; another in tests.</param>
internal sealed partial class AppArmor(string root, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan ParserPatience = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logger;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private bool _toldWithout;

    /// <summary>Whether containers get a profile here.</summary>
    public bool IsUsable => IsEnabled && File.Exists(Parser);

    /// <summary>Loads the profile unless it is loaded: the host's own upgrades may have taken it away.</summary>
    /// <returns>The name that a container's process is put under; null where there is no AppArmor.</returns>
    /// <exception cref="SkeinException">In dockerd's words.</exception>
    public async Task<string?> EnsureAsync(CancellationToken cancel)
    {
        if (!IsUsable)
        {
            TellWithout();
            return null;
        }
        await _loading.WaitAsync(cancel);
        try
        {
            if (!IsLoaded()) await LoadAsync(cancel);
            return AppArmorProfile.Name;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or TimeoutException or Win32Exception)
        {
            throw new SkeinException(
                ErrorKind.Internal, $"AppArmor enabled on system but the {AppArmorProfile.Name} profile could not be loaded: {error.Message}", error);
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private void TellWithout()
    {
        if (!IsEnabled || _toldWithout) return;
        _toldWithout = true;
        LogNoParser();
    }

    /// <summary>The kernel has AppArmor, switched on.</summary>
    private bool IsEnabled
    {
        get
        {
            var switchedOn = At("sys/module/apparmor/parameters/enabled");
            return File.Exists(switchedOn) && File.ReadAllText(switchedOn).StartsWith('Y') && Directory.Exists(At("sys/kernel/security/apparmor"));
        }
    }

    // "docker-default (enforce)"
    private bool IsLoaded() => File.ReadLines(At("sys/kernel/security/apparmor/profiles"))
        .Any(line => line.StartsWith(AppArmorProfile.Name + " ", StringComparison.Ordinal));

    private async Task LoadAsync(CancellationToken cancel)
    {
        var own = At("proc/self/attr/current");
        // "name (mode)"
        var daemon = File.Exists(own) ? File.ReadAllText(own).TrimEnd('\0', '\n').Split(" (")[0] : "";
        var text = AppArmorProfile.Text(File.Exists(At("etc/apparmor.d/abi/3.0")), File.Exists(At("etc/apparmor.d/tunables/global")), daemon);
        using var parser = new Process { StartInfo = new(Parser, ["-K", "-r"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true } };
        parser.Start();
        try
        {
            var said = Task.WhenAll(parser.StandardError.ReadToEndAsync(cancel), parser.StandardOutput.ReadToEndAsync(cancel));
            await parser.StandardInput.WriteAsync(text);
            parser.StandardInput.Close();
            await parser.WaitForExitAsync(cancel).WaitAsync(ParserPatience, time, cancel);
            if (parser.ExitCode != 0) throw new IOException($"apparmor_parser exited with {parser.ExitCode}: {string.Concat(await said).Trim()}");
            LogLoaded(AppArmorProfile.Name);
        }
        finally
        {
            if (!parser.HasExited) parser.Kill();
        }
    }

    private string Parser => At("sbin/apparmor_parser");

    private string At(string path) => Path.Combine(root, path);

    [LoggerMessage(3240, LogLevel.Warning, "the kernel has AppArmor, but there is no /sbin/apparmor_parser: containers run without a profile")]
    private partial void LogNoParser();

    [LoggerMessage(3241, LogLevel.Information, "AppArmor profile {Name} loaded")]
    private partial void LogLoaded(string name);
}
