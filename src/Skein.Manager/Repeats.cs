namespace Skein.Manager;

/// <summary>
/// What goes wrong many times a second is said once in ten: a log must not fill the disk whose fullness it tells of. Nor are more
/// than a few different things said in that time: who makes them happen may have a hand in their words.
/// </summary>
public sealed class Repeats(TimeProvider time)
{
    private const int MostReasons = 16;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _said = [];

    public bool IsNews(string reason)
    {
        lock (_lock)
        {
            if (_said.TryGetValue(reason, out var at) && time.GetElapsedTime(at) < Pause) return false;
            foreach (var (old, _) in _said.Where(said => time.GetElapsedTime(said.Value) >= Pause).ToList()) _said.Remove(old);
            if (_said.Count == MostReasons) return false;
            _said[reason] = time.GetTimestamp();
            return true;
        }
    }
}
