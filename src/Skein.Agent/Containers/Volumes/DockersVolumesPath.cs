using Microsoft.Extensions.Logging;

namespace Skein.Agent.Containers.Volumes;

/// <summary>
/// /var/lib/docker/volumes, as a view of our volumes: programs that know Docker only bind it into a container to read volumes' files
/// (Portainer's agent). It is a link, so that what is mounted on a volume later is seen too. Where a Docker has its folder there is none,
/// and ours goes as soon as one makes itself at home: it would take our volumes for its own (decisions/0013).
/// </summary>
public sealed partial class DockersVolumesPath : IDisposable
{
    private const string Name = "volumes";

    private readonly string _dockerRoot;
    private readonly string _target;
    private readonly ILogger _log;
    private FileSystemWatcher? _watch;

    public DockersVolumesPath(string dockerRoot, VolumeFolders folders, ILogger log) =>
        (_dockerRoot, _target, _log) = (dockerRoot, folders.Root, log);

    private string Link => Path.Combine(_dockerRoot, Name);

    private bool IsOurs => new FileInfo(Link).LinkTarget == _target;

    private bool HasDocker => Directory.EnumerateFileSystemEntries(_dockerRoot).Any(entry => entry != Link) || (Path.Exists(Link) && !IsOurs);

    public void Show()
    {
        try
        {
            Directory.CreateDirectory(_target);
            if (!Directory.Exists(_dockerRoot)) Directory.CreateDirectory(_dockerRoot, Storage.DataFolder.Mode);
            if (!HasDocker && !IsOurs) File.CreateSymbolicLink(Link, _target);
            _watch = new(_dockerRoot) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
            _watch.Created += (_, _) => GiveWay();
            _watch.EnableRaisingEvents = true;
            GiveWay();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNoView(Link, error.Message);
        }
    }

    /// <summary>At an orderly stop: what is started in our place finds the host as it was.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        if (!IsOurs) return;
        File.Delete(Link);
        if (!Directory.EnumerateFileSystemEntries(_dockerRoot).Any()) Directory.Delete(_dockerRoot);
    }

    /// <summary>Called by a thread of the watcher too, where what is thrown ends the daemon.</summary>
    private void GiveWay()
    {
        try
        {
            if (!HasDocker) return;
            LogDocker(_dockerRoot, Link);
            if (IsOurs) File.Delete(Link);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It was taken away as we looked, with the link in it.
            LogNoView(Link, error.Message);
        }
    }

    [LoggerMessage(3231, LogLevel.Information, "{Root} is a Docker's: {Link} is no view of our volumes")]
    private partial void LogDocker(string root, string link);

    [LoggerMessage(3232, LogLevel.Warning, "{Link} could not be made a view of our volumes: {Reason}")]
    private partial void LogNoView(string link, string reason);
}
