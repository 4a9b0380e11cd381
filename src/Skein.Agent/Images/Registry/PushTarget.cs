namespace Skein.Agent.Images.Registry;

/// <summary>The repository that is pushed to.</summary>
/// <param name="Repository">team/app</param>
internal sealed record PushTarget(RegistryHost Host, string Repository, RegistryAuth? Auth);
