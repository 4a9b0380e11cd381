namespace Skein.Model;

/// <summary>Where ids and secrets come from; tests bring their own, so that a trace is the same each time.</summary>
public interface IIdSource
{
    /// <summary>25 characters of base 36, as swarmkit's ids: nodes, services, tasks, networks, clusters, sessions.</summary>
    string NewId();

    /// <summary>64 hex digits, as Docker's container ids.</summary>
    string NewContainerId();

    void Fill(Span<byte> bytes);
}
