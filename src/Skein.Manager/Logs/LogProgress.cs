using Google.Protobuf.WellKnownTypes;
using Skein.Model;

namespace Skein.Manager.Logs;

/// <summary>How far a task's lines were read, so that a stream that broke is taken up after the last.</summary>
internal sealed class LogProgress(string taskId, DateTimeOffset? since, int? tail)
{
    private DateTimeOffset? _last;

    public string TaskId => taskId;

    public void Note(DateTimeOffset line)
    {
        if (_last is null || line > _last) _last = line;
    }

    public LogSource ToSource()
    {
        var from = _last is { } last ? last.AddTicks(1) : since;
        return new()
        {
            TaskId = taskId,
            Since = from is { } time ? Timestamp.FromDateTimeOffset(time) : null,
            Tail = _last is null ? tail : null,
        };
    }
}
