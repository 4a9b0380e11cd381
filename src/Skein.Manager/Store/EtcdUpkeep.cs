using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Etcd;

namespace Skein.Manager.Store;

/// <summary>
/// Keeps this manager's member of a size that fits what it holds. etcd throws its history away by itself (see
/// <see cref="EtcdArguments"/>) and fills the gaps again, but gives nothing back to the disk; and once its data has reached
/// the quota, every member refuses all writes until somebody has made room and says so.
/// </summary>
/// <param name="quota">Of the member's data, as it was started with.</param>
public sealed partial class EtcdUpkeep(EtcdClient etcd, long quota, TimeProvider time, ILogger log)
{
    /// <summary>Half the patience of a write: one that meets the quota still finds room.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Some 100 MB a second are copied, and the member answers nothing meanwhile.</summary>
    private static readonly TimeSpan DefragmentDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(5);

    /// <summary>What is full without its history is not copied again and again: it shrinks when somebody removes something.</summary>
    private static readonly TimeSpan PauseInVain = TimeSpan.FromMinutes(1);

    private const long WorthIt = 64 << 20;

    private readonly ILogger _log = log;
    private long? _triedInVain;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await LookAsync(stop);
            }
            catch (RpcException e) when (!stop.IsCancellationRequested)
            {
                LogNotLooked(EtcdClient.Reason(e));
            }
            await Task.Delay(Period, time, stop);
        }
    }

    /// <summary>Most of the file is empty, and the file is large.</summary>
    internal static bool IsMostlyGaps(long size, long used) => size >= WorthIt && used < size / 4;

    internal async Task LookAsync(CancellationToken stop)
    {
        var status = await StatusAsync(stop);
        if (status.Errors.Any(error => error.Contains(nameof(AlarmType.Nospace), StringComparison.OrdinalIgnoreCase))) await MakeRoomAsync(status, stop);
        else if (IsMostlyGaps(status.DbSize, status.DbSizeInUse)) LogShrunk(status.DbSize, (await DefragmentAsync(stop)).DbSize);
    }

    /// <summary>Each member's manager does so; the alarm, which holds for all, is raised again by one that has not yet.</summary>
    private async Task MakeRoomAsync(StatusResponse before, CancellationToken stop)
    {
        if (_triedInVain is { } tried && time.GetElapsedTime(tried) < PauseInVain) return;
        await CompactAsync(before.Header.Revision, stop);
        var after = await DefragmentAsync(stop);
        _triedInVain = after.DbSize < quota / 4 * 3 ? null : time.GetTimestamp();
        if (_triedInVain is not null)
        {
            LogFull(after.DbSize, quota);
            return;
        }
        var alarms = await etcd.Maintenance.AlarmAsync(new() { Action = AlarmRequest.Types.AlarmAction.Get }, deadline: Deadline(CallDeadline), cancellationToken: stop);
        foreach (var alarm in alarms.Alarms.Where(alarm => alarm.Alarm == AlarmType.Nospace))
        {
            await etcd.Maintenance.AlarmAsync(
                new() { Action = AlarmRequest.Types.AlarmAction.Deactivate, MemberID = alarm.MemberID, Alarm = alarm.Alarm },
                deadline: Deadline(CallDeadline), cancellationToken: stop);
        }
        LogMadeRoom(quota, before.DbSize, after.DbSize);
    }

    private async Task CompactAsync(long revision, CancellationToken stop)
    {
        try
        {
            await etcd.Kv.CompactAsync(new() { Revision = revision, Physical = true }, deadline: Deadline(DefragmentDeadline), cancellationToken: stop);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.OutOfRange)
        {
            // Another manager was quicker.
        }
    }

    private async Task<StatusResponse> DefragmentAsync(CancellationToken stop)
    {
        await etcd.Maintenance.DefragmentAsync(new(), deadline: Deadline(DefragmentDeadline), cancellationToken: stop);
        return await StatusAsync(stop);
    }

    private async Task<StatusResponse> StatusAsync(CancellationToken stop) =>
        await etcd.Maintenance.StatusAsync(new(), deadline: Deadline(CallDeadline), cancellationToken: stop);

    private DateTime Deadline(TimeSpan wait) => (time.GetUtcNow() + wait).UtcDateTime;

    [LoggerMessage(2130, LogLevel.Debug, "The size of etcd's data is not known: {Reason}")]
    private partial void LogNotLooked(string reason);

    [LoggerMessage(2131, LogLevel.Information, "etcd's data, mostly gaps, was {Before} bytes and is {After}")]
    private partial void LogShrunk(long before, long after);

    [LoggerMessage(2132, LogLevel.Warning, "etcd's data had reached its quota of {Quota} bytes: without its history {Before} bytes are {After}, and writes are taken again")]
    private partial void LogMadeRoom(long quota, long before, long after);

    [LoggerMessage(2133, LogLevel.Error, "The swarm's state is {Size} bytes without its history, which is etcd's quota of {Quota}: nothing can be changed until services are removed")]
    private partial void LogFull(long size, long quota);
}
