namespace Skein.Manager.Callers;

/// <summary>Who may make a call.</summary>
internal enum CallerKind
{
    /// <summary>Nobody: there is no such call.</summary>
    Nobody,

    /// <summary>Also a host without certificate, one that is about to join.</summary>
    Anyone,

    /// <summary>Whoever is in the swarm by now.</summary>
    Node,

    /// <summary>Who is a manager by its certificate, and by the state.</summary>
    Manager,

    /// <summary>Who is a manager by its certificate: it may have been demoted, and asks to be taken out.</summary>
    FormerManager,
}
