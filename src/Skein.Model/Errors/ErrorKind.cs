namespace Skein.Model;

/// <summary>Docker's error classes; the API maps each to one HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>500</summary>
    Internal,
    /// <summary>404</summary>
    NotFound,
    /// <summary>400</summary>
    InvalidArgument,
    /// <summary>409</summary>
    Conflict,
    /// <summary>401</summary>
    Unauthenticated,
    /// <summary>403</summary>
    Forbidden,
    /// <summary>503</summary>
    Unavailable,
    /// <summary>501</summary>
    NotImplemented,
    /// <summary>304</summary>
    NotModified,
}
