using System.Text.RegularExpressions;

namespace Skein.Model.Validation;

/// <summary>Names of services and networks: one label of a DNS name, because each is one.</summary>
public static partial class AnnotationsValidation
{
    private const int LongestDnsLabel = 63;

    public static void Check(Annotations? annotations)
    {
        var name = annotations?.Name ?? "";
        if (name.Length == 0) throw RpcError.InvalidArgument("meta: name must be provided");
        if (!DnsName().IsMatch(name)) throw RpcError.InvalidArgument("name must be valid as a DNS name component");
        if (name.Length > LongestDnsLabel) throw RpcError.InvalidArgument("name must be 63 characters or fewer");
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9](?:[-_A-Za-z0-9]*[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsName();
}
