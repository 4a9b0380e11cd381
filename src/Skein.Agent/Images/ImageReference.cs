using System.Text.RegularExpressions;
using Skein.Model;

namespace Skein.Agent.Images;

/// <summary>
/// A reference to an image as Docker reads it: `httpd` is docker.io/library/httpd:latest. The rules are those of
/// the distribution project's reference grammar, with Docker's defaults filled in.
/// </summary>
/// <param name="Domain">docker.io, localhost:5000, …</param>
/// <param name="Path">library/httpd</param>
/// <param name="Tag">Empty only when there is a digest and no tag was written.</param>
/// <param name="Digest">sha256:… or empty</param>
public sealed partial record ImageReference(string Domain, string Path, string Tag, string Digest)
{
    public const string DockerHub = "docker.io";
    private const string OfficialPrefix = "library/";
    private const int NameLengthMax = 255;

    /// <summary>docker.io/library/httpd</summary>
    public string Repository => $"{Domain}/{Path}";

    /// <summary>httpd, as Docker prints it</summary>
    public string FamiliarName
    {
        get
        {
            if (Domain != DockerHub) return Repository;
            var bare = Path.StartsWith(OfficialPrefix, StringComparison.Ordinal) ? Path[OfficialPrefix.Length..] : Path;
            return bare.Contains('/') ? Path : bare;
        }
    }

    /// <summary>httpd:latest, httpd@sha256:… or both, as Docker prints it</summary>
    public string Familiar => FamiliarName + Suffix;

    /// <summary>docker.io/library/httpd:latest</summary>
    public string Normalized => Repository + Suffix;

    /// <summary>
    /// The name under which containerd keeps it. A reference by tag and digest is kept by its digest alone, as in
    /// Docker: the tag may have moved on since the service was pinned.
    /// </summary>
    public string StoredName => Digest.Length > 0 ? $"{Repository}@{Digest}" : $"{Repository}:{Tag}";

    /// <summary>What a registry is asked for.</summary>
    public string ManifestKey => Digest.Length > 0 ? Digest : Tag;

    private string Suffix => (Tag.Length > 0 ? $":{Tag}" : "") + (Digest.Length > 0 ? $"@{Digest}" : "");

    public override string ToString() => Familiar;

    public static ImageReference Parse(string text)
    {
        var rest = text;
        var digest = "";
        var at = rest.IndexOf('@');
        if (at >= 0)
        {
            digest = rest[(at + 1)..];
            rest = rest[..at];
            if (!DigestPattern().IsMatch(digest)) throw Malformed();
        }

        var (domain, remainder) = SplitDomain(rest);
        var tag = "";
        var colon = remainder.IndexOf(':');
        if (colon >= 0)
        {
            tag = remainder[(colon + 1)..];
            remainder = remainder[..colon];
            if (!TagPattern().IsMatch(tag)) throw Malformed();
        }
        if (domain == DockerHub && remainder.Length > 0 && !remainder.Contains('/')) remainder = OfficialPrefix + remainder;

        Check(text, domain, remainder);
        if (tag.Length == 0 && digest.Length == 0) tag = "latest";
        return new ImageReference(domain, remainder, tag, digest);
    }

    /// <summary>Without a tag or digest: all of a repository may be meant.</summary>
    public static bool IsBare(string text) => !text.Contains('@') && text.IndexOf(':', text.LastIndexOf('/') + 1) < 0;

    public static bool TryParse(string text, out ImageReference? reference)
    {
        try
        {
            reference = Parse(text);
            return true;
        }
        catch (SkeinException)
        {
            reference = null;
            return false;
        }
    }

    private static (string Domain, string Remainder) SplitDomain(string text)
    {
        var slash = text.IndexOf('/');
        var first = slash < 0 ? "" : text[..slash];
        var isDomain = first.Length > 0
            && (first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.Any(char.IsAsciiLetterUpper));
        if (!isDomain) return (DockerHub, text);
        return (first is "index.docker.io" ? DockerHub : first, text[(slash + 1)..]);
    }

    private static void Check(string text, string domain, string path)
    {
        if (path.Any(char.IsAsciiLetterUpper) && PathPattern().IsMatch(path.ToLowerInvariant()))
            throw SkeinException.Invalid($"invalid reference format: repository name ({path}) must be lowercase");
        if (!DomainPattern().IsMatch(domain) || !PathPattern().IsMatch(path)) throw Malformed();
        if (domain.Length + path.Length + 1 > NameLengthMax)
            throw SkeinException.Invalid($"repository name must not be more than {NameLengthMax} characters");
        if (IdPattern().IsMatch(text))
            throw SkeinException.Invalid($"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings");
    }

    private static SkeinException Malformed() => SkeinException.Invalid("invalid reference format");

    [GeneratedRegex(@"^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?\z|^\[[a-fA-F0-9:]+\](?::[0-9]+)?\z")]
    private static partial Regex DomainPattern();

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}\z")]
    private static partial Regex DigestPattern();

    [GeneratedRegex(@"^[a-f0-9]{64}\z")]
    private static partial Regex IdPattern();
}
