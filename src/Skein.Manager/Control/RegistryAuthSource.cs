namespace Skein.Manager.Control;

/// <summary>Whose registry credentials an updated service has; a client that gives none must not lose those it cannot see.</summary>
public enum RegistryAuthSource
{
    /// <summary>Those in the given spec, even if it has none.</summary>
    Given,

    /// <summary>Those the service has now.</summary>
    Spec,

    /// <summary>Those of the service's previous spec.</summary>
    PreviousSpec,
}
