using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>What a manager has made this host.</summary>
public sealed record IssuedCertificate(string NodeId, NodeCredentials Credentials);
