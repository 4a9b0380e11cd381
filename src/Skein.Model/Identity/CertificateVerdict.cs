namespace Skein.Model.Identity;

/// <param name="Name">Who the holder is; null when refused.</param>
/// <param name="Refusal">Why it is refused, for the log; null when accepted.</param>
public readonly record struct CertificateVerdict(CertificateName? Name, string? Refusal)
{
    public bool Accepted => Name is not null;
}
