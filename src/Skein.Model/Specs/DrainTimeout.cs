namespace Skein.Model.Specs;

/// <summary>
/// How long a task's stop waits until no node leads connections to it any more. A service's label changes it; 0s stops at once.
/// </summary>
public static class DrainTimeout
{
    public const string Label = "skein.drain.timeout";

    public static readonly TimeSpan Default = TimeSpan.FromSeconds(5);

    /// <summary>An update waits for it at each task whose nodes do not answer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long the address of a task may be used that a name was answered with: such answers carry it as their time to live, and the
    /// task of a service of mode dnsrr is stopped no sooner after its last.
    /// </summary>
    public static readonly TimeSpan AddressLife = TimeSpan.FromSeconds(1);

    /// <summary>For the first packets of connections that were led to the task as the balancers changed.</summary>
    public static readonly TimeSpan WireLife = TimeSpan.FromMilliseconds(50);

    public static bool TryParse(string text, out TimeSpan timeout) =>
        GoDuration.TryParse(text, out timeout) && timeout >= TimeSpan.Zero && timeout <= Longest;
}
