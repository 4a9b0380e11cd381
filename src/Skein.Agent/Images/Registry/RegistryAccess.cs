namespace Skein.Agent.Images.Registry;

/// <summary>What is asked of a registry: a token is good for that alone.</summary>
/// <param name="Repository">Empty for the registry as a whole.</param>
/// <param name="Push">Reading is meant with it.</param>
/// <param name="MountedFrom">Another repository of the registry, which a blob is taken over from; else empty.</param>
internal readonly record struct RegistryAccess(string Repository, bool Push = false, string MountedFrom = "")
{
    /// <summary>In the token specification's words.</summary>
    /// <param name="demanded">What the challenge asks for. Who pushes looks for what is there first, and needs no second token for the rest.</param>
    public IReadOnlyList<string> Scopes(string demanded)
    {
        if (Push) return [$"repository:{Repository}:pull,push", .. MountedFrom.Length > 0 ? [$"repository:{MountedFrom}:pull"] : Array.Empty<string>()];
        if (demanded.Length > 0) return [demanded];
        return Repository.Length > 0 ? [$"repository:{Repository}:pull"] : [];
    }
}
