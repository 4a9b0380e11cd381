using System.Globalization;
using System.Text.RegularExpressions;

namespace Skein.Model.Validation;

/// <summary>What can be said of a secret or config, and of a service's references to them, without looking at other objects; in swarmkit's words.</summary>
public static partial class DependencyValidation
{
    /// <summary>The one way of templating: Go's.</summary>
    public const string TemplateDriver = "golang";

    /// <param name="kind">secret or config</param>
    /// <param name="most">bytes of content, of which swarmkit takes fewer</param>
    public static void Check(string kind, DependencySpec spec, int most)
    {
        if (spec.Annotations?.Name is not { Length: > 0 } name) throw RpcError.InvalidArgument("name must be provided");
        if (!Name().IsMatch(name))
            throw RpcError.InvalidArgument("invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]");
        if (spec.Data.Length == 0 || spec.Data.Length >= most)
            throw RpcError.InvalidArgument($"{kind} data must be larger than 0 and less than {most} bytes");
        if (spec.TemplateDriver is not ("" or TemplateDriver))
            throw RpcError.InvalidArgument($"unknown template driver \"{spec.TemplateDriver}\": there is \"{TemplateDriver}\" alone");
    }

    public static void CheckReferences(string kind, IEnumerable<DependencyReference> references)
    {
        var byTarget = new Dictionary<string, DependencyReference>(StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (reference.Id.Length == 0 || reference.Name.Length == 0) throw RpcError.InvalidArgument($"malformed {kind} reference");
            if (reference.Target.Length == 0) throw RpcError.InvalidArgument($"malformed file {kind} reference, invalid target file name provided");
            if (!IsId(reference.Uid)) throw RpcError.InvalidArgument($"{kind} reference '{reference.Name}': the UID \"{reference.Uid}\" must be a number");
            if (!IsId(reference.Gid)) throw RpcError.InvalidArgument($"{kind} reference '{reference.Name}': the GID \"{reference.Gid}\" must be a number");
            if (reference.Mode > 0b111_111_111)
                throw RpcError.InvalidArgument($"{kind} reference '{reference.Name}': the mode 0{Convert.ToString(reference.Mode, 8)} must be permission bits, at most 0777");
            if (!byTarget.TryAdd(reference.Target, reference))
            {
                var other = byTarget[reference.Target];
                throw RpcError.InvalidArgument($"{kind} references '{other.Name}' and '{reference.Name}' have a conflicting target: '{reference.Target}'");
            }
        }
    }

    // As chown(2) takes it; the highest number means "as it is".
    private static bool IsId(string text) =>
        text.Length == 0 || (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < uint.MaxValue);

    [GeneratedRegex(@"^(?=.{1,64}\z)[a-zA-Z0-9](?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
