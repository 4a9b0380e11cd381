namespace Skein.Agent.Mesh.Firewall;

internal enum Verdict
{
    None,
    Accept,

    /// <summary>By a map whose key is not known.</summary>
    MayAccept,
    Drop,
    Return,
    Jump,
    Goto,
}
