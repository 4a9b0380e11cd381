using Microsoft.Extensions.Logging;
using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>Writes the node's memory some time after it changed: a burst of deltas is one write, and none waits for the disk.</summary>
internal sealed partial class SessionRecorder(string path, Func<SessionMemory> remembered, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logger;
    private readonly SemaphoreSlim _marked = new(0, 1);
    private readonly Lock _writing = new();
    private bool _failed;   // _writing

    public void Mark()
    {
        try
        {
            if (_marked.CurrentCount == 0) _marked.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else marked it at the same moment.
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _marked.WaitAsync(cancel);
            await Task.Delay(Gather, time, cancel);
            while (!Write()) await Task.Delay(Retry, time, cancel);
        }
    }

    /// <summary>False when it could not be written: the disk is full, or gone.</summary>
    public bool Write()
    {
        lock (_writing)
        {
            try
            {
                SessionFile.Write(path, remembered());
                if (_failed) LogWritten(path);
                _failed = false;
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!_failed) LogNotWritten(path, e.Message);
                _failed = true;
                return false;
            }
        }
    }

    [LoggerMessage(3111, LogLevel.Error, "what this node knows could not be written to {Path}: {Reason}; after a restart it waits for a manager")]
    private partial void LogNotWritten(string path, string reason);

    [LoggerMessage(3113, LogLevel.Information, "what this node knows is in {Path} again")]
    private partial void LogWritten(string path);
}
