using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Validation;

namespace Skein.Manager.Callers;

/// <summary>What stands before a call, by its path: a call that is not listed is nobody's.</summary>
/// <param name="BodyMax">Of a call with one message; null for a stream, whose messages are bounded one by one.</param>
/// <param name="EndsWithStanding">It is ended when its caller is no longer who may make it. A session sees to that itself, and says why.</param>
internal sealed record CallRule(CallerKind Who, long? BodyMax, bool EndsWithStanding)
{
    private const string Issue = "/skein.CertificateAuthority/IssueNodeCertificate";

    /// <summary>A node that slept past the end of its certificate asks for a new one by it.</summary>
    public bool TakesLapsed { get; private init; }

    private static readonly CallRule s_nobody = new(CallerKind.Nobody, 0, false);

    public static CallRule Of(string path) => path switch
    {
        "/skein.CertificateAuthority/GetRootCertificate" or Issue =>
            new(CallerKind.Anyone, MessageBounds.MostOfStranger + MessageBounds.Prefix, false) { TakesLapsed = path == Issue },
        "/skein.Membership/AddManager" or "/skein.Membership/GetStoreKey" => new(CallerKind.Manager, MessageBounds.MostOfNode + MessageBounds.Prefix, false),
        "/skein.Membership/RemoveManager" => new(CallerKind.FormerManager, MessageBounds.MostOfNode + MessageBounds.Prefix, false),
        "/skein.Presence/Ask" => new(CallerKind.Manager, MessageBounds.MostOfNode + MessageBounds.Prefix, false),
        "/skein.NodeLogs/Read" => new(CallerKind.Manager, MessageBounds.Most + MessageBounds.Prefix, true),
        "/skein.Dispatcher/Session" => new(CallerKind.Node, null, false),
        "/skein.Dispatcher/PublishLogs" => new(CallerKind.Node, null, true),
        _ => s_nobody,
    };

    /// <summary>Whether the state has the caller as whom the call asks for.</summary>
    public bool IsMetBy(Node? node) => Who switch
    {
        CallerKind.Node or CallerKind.FormerManager => node is not null,
        CallerKind.Manager => node?.Spec?.Role == NodeRole.Manager,
        CallerKind.Anyone => true,
        _ => false,
    };

    /// <summary>Why the certificate alone rules the caller out; null when it does not.</summary>
    public string? RefusalOf(CertificateName caller) =>
        Who is CallerKind.Manager or CallerKind.FormerManager && caller.Role != NodeRole.Manager ? $"node {caller.NodeId} is not a manager" : null;
}
