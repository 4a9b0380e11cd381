namespace Skein.Model.Specs;

/// <summary>
/// Whether a service's running tasks are moved when nodes come or return, by its label: on, off, or the pause between two moves.
/// Without it none is: Docker leaves healthy tasks alone (moby#24103).
/// </summary>
public static class Rebalance
{
    public const string Label = "skein.rebalance";

    public static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(24);

    /// <param name="pause">null: no task is moved.</param>
    public static bool TryParse(string text, out TimeSpan? pause)
    {
        pause = text is "on" or "true" ? DefaultPause : null;
        if (text is "on" or "true" or "off" or "false") return true;
        if (!GoDuration.TryParse(text, out var given) || given < ShortestPause || given > LongestPause) return false;
        pause = given;
        return true;
    }

    public static TimeSpan? PauseOf(ServiceSpec spec) =>
        spec.Annotations?.Labels.TryGetValue(Label, out var text) == true && TryParse(text, out var pause) ? pause : null;
}
