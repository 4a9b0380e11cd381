using Skein.Model.Timing;

namespace Skein.Manager.Leadership;

/// <summary>
/// How long one call to etcd is waited for. Short, because etcd forgets what it was asked while its leader died, and the living
/// leader of the swarm must be heard again soon; longer where etcd is seen to need longer, because a call that is given up and made
/// again costs a starved host twice. Three calls in a row without an answer are what an election of etcd's explains: from there on
/// each waits half as long again, since what is given up shows no latency.
/// </summary>
internal sealed class CallDeadline(TimeSpan floor, TimeSpan ceiling)
{
    private const int OfAnElection = 3;
    private const int MostCounted = 20;
    private const double Factor = 3;
    private const double Growth = 1.5;

    private readonly MeasuredDeadline _measured = new(Factor, ceiling);
    private int _unanswered;

    public TimeSpan Next(TimeSpan now)
    {
        var deadline = _measured.At(now, floor) * Math.Pow(Growth, Math.Max(0, _unanswered - OfAnElection));
        return deadline < ceiling ? deadline : ceiling;
    }

    public void Answered(TimeSpan took, TimeSpan now)
    {
        _unanswered = 0;
        _measured.Note(took, now);
    }

    public void Unanswered() => _unanswered = Math.Min(_unanswered + 1, MostCounted);
}
