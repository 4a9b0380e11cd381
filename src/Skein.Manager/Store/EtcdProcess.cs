using System.ComponentModel;
using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Store;

/// <summary>
/// Runs this manager's etcd member: starts it, starts it again when it ends, and takes over one that a killed daemon
/// has left behind, so that neither two members fight over one folder nor the swarm loses a member while its daemon
/// is upgraded. A process is recognised by its command line and its mount namespace, not by a note that could be stale.
/// </summary>
public sealed partial class EtcdProcess : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LogPeriod = TimeSpan.FromMinutes(1);
    private const long LogLimitBytes = 10 << 20;

    private readonly EtcdOptions _options;
    private readonly EtcdBootstrap? _bootstrap;
    private readonly NodeIdentity _identity;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Task _supervision;
    private Process _process;
    private EtcdPace _pace;
    private string _root = "";
    private string? _meant;

    private EtcdProcess(EtcdOptions options, EtcdBootstrap? bootstrap, EtcdPace pace, NodeIdentity identity, TimeProvider time, ILogger log)
    {
        (_options, _bootstrap, _pace, _identity, _time, _log) = (options, bootstrap, pace, identity, time, log);
        _process = AdoptOrStart();
        _supervision = Task.WhenAll(SuperviseAsync(_stop.Token), TrimLogAsync(_stop.Token));
    }

    public int Pid
    {
        get { lock (_lock) return _process.Id; }
    }

    /// <param name="bootstrap">Not read when the folder holds a member's data.</param>
    /// <param name="pace">Not read when the member once ran at the pace of several.</param>
    /// <exception cref="SkeinException">etcd cannot be started.</exception>
    public static EtcdProcess Start(EtcdOptions options, EtcdBootstrap? bootstrap, EtcdPace pace, NodeIdentity identity, TimeProvider time, ILogger log)
    {
        Directory.CreateDirectory(options.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Without it etcd takes nobody. One of an earlier run holds until the state is read.
        if (!File.Exists(options.RevokedPath)) EtcdRevocations.Write(options.RevokedPath, [], time);
        return new(options, bootstrap, File.Exists(options.SeveralPath) ? EtcdPace.Several : pace, identity, time, log);
    }

    /// <summary>Found out before others count on this host, and without a process: it is asked for at each join.</summary>
    /// <exception cref="SkeinException">There is no such program.</exception>
    public static void RequireInstalled(string binary)
    {
        var folders = binary.Contains('/') ? [""] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!folders.Any(folder => IsProgram(Path.Combine(folder, binary)))) throw CannotStart(binary, "there is no such program", null);
    }

    /// <summary>Ends what a killed daemon has left running on this member's folder; nothing happens when there is none.</summary>
    public static void EndLeftBehind(string folder)
    {
        if (LeftBehind.Find(EtcdOptions.DataFolderOf(folder)) is not { } left) return;
        left.Process.Kill();
        left.Process.WaitForExit();
        left.Process.Dispose();
    }

    private static bool IsProgram(string path) =>
        File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    /// <summary>Completes when the member takes part in the cluster: it knows a leader, and is no learner any more.</summary>
    /// <exception cref="SkeinException">The deadline passed; the message carries what etcd last logged.</exception>
    public async Task WaitReadyAsync(EtcdClient client, TimeSpan deadline, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        var last = "it has not answered yet";
        while (true)
        {
            try
            {
                var status = await client.Maintenance.StatusAsync(new(), cancellationToken: cancel);
                if (status.Leader != 0 && !status.IsLearner) return;
                last = status.IsLearner ? "it still copies the state from the others" : "it knows no leader";
            }
            catch (RpcException e) when (!cancel.IsCancellationRequested)
            {
                last = EtcdClient.Reason(e);
            }
            if (_time.GetElapsedTime(started) > deadline)
                throw SkeinException.Unavailable($"etcd did not become ready within {deadline.TotalSeconds:0} s: {last}{LastLogLine()}");
            await Task.Delay(ReadyPoll, _time, cancel);
        }
    }

    /// <summary>Digest of the root that the member trusts, as it was started with.</summary>
    public string Root
    {
        get { lock (_lock) return _root; }
    }

    /// <summary>Killed now, it would begin with a snapshot, and give that to who joins it.</summary>
    public bool HasSnapshot => EtcdSnapshots.AreKept(_options.DataFolder);

    /// <summary>It runs at the pace of one that has no others.</summary>
    public bool IsAlone
    {
        get { lock (_lock) return _pace != EtcdPace.Several; }
    }

    /// <summary>From its next start on the member runs at the pace of several.</summary>
    public void NoteCompany()
    {
        if (!File.Exists(_options.SeveralPath)) File.WriteAllBytes(_options.SeveralPath, []);
    }

    /// <summary>Runs the member at the pace of several from now on, which takes a restart of it.</summary>
    public void ExpectCompany()
    {
        lock (_lock)
        {
            if (_pace == EtcdPace.Several) return;
            NoteCompany();
            _pace = EtcdPace.Several;
            Restart("as one of several managers from now on");
        }
    }

    /// <summary>Runs the member with the root that this node trusts by now.</summary>
    public void TrustRoot()
    {
        lock (_lock)
        {
            if (_root != RootNow()) Restart("trusting the swarm's new root");
        }
    }

    /// <summary>Takes no more of peers with these certificates; those that are connected already have to be parted otherwise.</summary>
    /// <param name="serials">Hex.</param>
    public void Revoke(IReadOnlyCollection<string> serials) => EtcdRevocations.Write(_options.RevokedPath, serials, _time);

    /// <summary>Ends every connection, with the member, which comes back.</summary>
    public void Restart(string why)
    {
        lock (_lock)
        {
            _meant = why;
            _process.Kill();   // its log is synced before it acknowledges anything; the supervision starts it again
        }
    }

    private string RootNow() => CertificatePem.DigestOf(_identity.Current.RootPem);

    /// <summary>Ends the member. Killing is safe: what it has acknowledged is on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervision;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _stop.Dispose();
    }

    private async Task SuperviseAsync(CancellationToken stop)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                var started = _time.GetTimestamp();
                await _process.WaitForExitAsync(stop);
                if (_time.GetElapsedTime(started) > LongestPause) pause = FirstPause;
                if (Interlocked.Exchange(ref _meant, null) is { } why)
                {
                    LogMeant(_process.Id, why);
                    if (TryStartAgain()) continue;
                }
                else
                {
                    LogEnded(_process.Id, LastLogLine());
                }
                do
                {
                    await Task.Delay(pause, _time, stop);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
                while (!TryStartAgain());
            }
        }
        catch (OperationCanceledException)
        {
            // the manager ends
        }
    }

    /// <summary>False when it could not be started: a binary that is being replaced, a disk that is full. Both pass.</summary>
    private bool TryStartAgain()
    {
        try
        {
            lock (_lock)
            {
                var next = AdoptOrStart();
                _process.Dispose();
                _process = next;
            }
            return true;
        }
        catch (Exception e)
        {
            LogCannotStart(e.Message);
            return false;
        }
    }

    private Process AdoptOrStart()
    {
        _root = RootNow();
        KeepRoot(_options.RootPath(_root));
        var arguments = EtcdArguments.Of(_options, _bootstrap, _pace, _identity.NodePath, _root);
        if (LeftBehind.Find(_options.DataFolder) is { } left)
        {
            if (left.Arguments.Skip(1).SequenceEqual(arguments))
            {
                LogAdopted(left.Process.Id);
                return left.Process;
            }
            LogReplaced(left.Process.Id);
            left.Process.Kill();
            left.Process.WaitForExit();
            left.Process.Dispose();
        }
        return StartNew(arguments);
    }

    private void KeepRoot(string path)
    {
        if (!File.Exists(path)) PrivateFile.Write(path, _identity.Current.RootPem);
        foreach (var other in Directory.GetFiles(_options.Folder, Path.GetFileName(_options.RootPath("*"))).Where(other => other != path)) File.Delete(other);
    }

    private Process StartNew(IReadOnlyList<string> arguments)
    {
        File.Delete(_options.SocketPath);   // of a killed member: etcd does not bind over it
        var info = new ProcessStartInfo(_options.Binary, arguments)
        {
            WorkingDirectory = _options.Folder,
            RedirectStandardInput = true,
            // The other two are the daemon's own: etcd outlives a daemon that is killed, and would end at its next line into a pipe
            // that nobody reads.
        };
        EtcdEnvironment.Clean(info.Environment);
        var process = StartOrExplain(info);
        process.StandardInput.Close();
        LogStarted(process.Id);
        return process;
    }

    private static Process StartOrExplain(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception e)
        {
            throw CannotStart(info.FileName, e.Message, e);
        }
    }

    private static SkeinException CannotStart(string binary, string why, Exception? cause)
    {
        var message = $"etcd cannot be started as \"{binary}\": {why}. Install it (Debian: etcd-server), or name it as \"etcd\" in daemon.json";
        return cause is null ? new(ErrorKind.Internal, message) : new(ErrorKind.Internal, message, cause);
    }

    private async Task TrimLogAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            TrimLog(_options.LogPath, LogLimitBytes);
            await Task.Delay(LogPeriod, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>etcd runs for months and holds its log open: it is copied and emptied. etcd writes at its end, wherever that is.</summary>
    internal static void TrimLog(string path, long limit)
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length <= limit) return;
            try
            {
                File.Copy(path, path + ".old", overwrite: true);
            }
            finally
            {
                // Also when there was no room for a copy.
                using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                file.SetLength(0);
            }
        }
        catch (IOException)
        {
            // The next round tries again.
        }
    }

    private string LastLogLine()
    {
        try
        {
            return File.Exists(_options.LogPath) && File.ReadLines(_options.LogPath).LastOrDefault() is { } line ? $"; it last logged \"{EtcdLogLine.Plain(line)}\"" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
