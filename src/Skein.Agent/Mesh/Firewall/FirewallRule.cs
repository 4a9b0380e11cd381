using System.Text.Json;

namespace Skein.Agent.Mesh.Firewall;

/// <param name="Expressions">As libnftables tells them: an array of matches, statements and at most one verdict.</param>
internal sealed record FirewallRule(long Handle, string Comment, JsonElement Expressions);
