namespace Skein.Agent.Mesh.Firewall;

/// <summary>A change of somebody's chain that lets containers' packets pass, or takes that back.</summary>
/// <param name="Commands">In nft's language, to be applied together.</param>
/// <param name="Otherwise">What is said when the chain's owner does not let it be changed.</param>
internal sealed record FirewallCure(string Chain, string Commands, IReadOnlyList<string> Otherwise);
