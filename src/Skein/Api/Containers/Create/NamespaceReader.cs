using Skein.Agent.Containers;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>Whose namespaces a container is in.</summary>
internal static class NamespaceReader
{
    public const string DefaultNetwork = "bridge";

    /// <param name="shareable">Of a client so old that it expects an IPC namespace that others may join.</param>
    public static void Read(HostWishJson host, StandaloneSpec wish, bool shareable)
    {
        wish.NetworkMode = host.NetworkMode is null or "" or "default" ? DefaultNetwork : host.NetworkMode;
        wish.PidMode = host.PidMode ?? "";
        wish.IpcMode = host.IpcMode is { Length: > 0 } ipc ? ipc : shareable ? NamespaceMode.Shareable : "private";
        wish.UtsMode = host.UTSMode ?? "";
        wish.CgroupnsMode = host.CgroupnsMode ?? "";
        if (!IsOneOf(wish.PidMode, "", NamespaceMode.Host)) throw SkeinException.Invalid($"invalid PID mode: {wish.PidMode}");
        if (!IsOneOf(wish.IpcMode, "private", NamespaceMode.Host, NamespaceMode.None, NamespaceMode.Shareable)) throw SkeinException.Invalid($"invalid IPC mode: {wish.IpcMode}");
        if (wish.UtsMode is not ("" or NamespaceMode.Host)) throw SkeinException.Invalid($"invalid UTS mode: {wish.UtsMode}");
        if (wish.CgroupnsMode is not ("" or NamespaceMode.Host or "private")) throw SkeinException.Invalid($"invalid cgroup namespace mode: {wish.CgroupnsMode}");
    }

    public static void CheckNetwork(ContainerCreateJson json, HostWishJson host)
    {
        if (host.UTSMode == NamespaceMode.Host && json.Hostname is { Length: > 0 }) throw SkeinException.Invalid("conflicting options: hostname and the UTS mode");
        if (host.NetworkMode == NamespaceMode.Host && host.Links is { Count: > 0 })
            throw SkeinException.Invalid("conflicting options: host type networking can't be used with links. This would result in undefined behavior");
        if (host.NetworkMode != "container" && NamespaceMode.Container(host.NetworkMode ?? "") is not { } other) return;
        if (host.NetworkMode is "container" or "container:") throw SkeinException.Invalid("invalid network mode: invalid container format container:<name|id>");
        if (json.Hostname is { Length: > 0 }) throw SkeinException.Invalid("conflicting options: hostname and the network mode");
        if (host.Links is { Count: > 0 }) throw SkeinException.Invalid("conflicting options: container type network can't be used with links. This would result in undefined behavior");
        if (host.Dns is { Count: > 0 }) throw SkeinException.Invalid("conflicting options: dns and the network mode");
        if (host.ExtraHosts is { Count: > 0 }) throw SkeinException.Invalid("conflicting options: custom host-to-IP mapping and the network mode");
        if (host.PortBindings is { Count: > 0 } || host.PublishAllPorts == true) throw SkeinException.Invalid("conflicting options: port publishing and the container type network mode");
        if (json.ExposedPorts is { Count: > 0 }) throw SkeinException.Invalid("conflicting options: port exposing and the container type network mode");
    }

    private static bool IsOneOf(string mode, params ReadOnlySpan<string> words) => words.Contains(mode) || NamespaceMode.Container(mode) is { Length: > 0 };
}
