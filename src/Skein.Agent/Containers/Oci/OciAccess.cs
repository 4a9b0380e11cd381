using Skein.Linux.Files;

namespace Skein.Agent.Containers.Oci;

/// <summary>What a container is given of its host beyond others, in the runtime's terms.</summary>
internal sealed record OciAccess
{
    public bool Privileged { get; init; }

    public IReadOnlyList<OciDeviceAccess> Devices { get; init; } = [];

    /// <summary>Devices that it may have though it is given none of them by name.</summary>
    public IReadOnlyList<OciDeviceRule> Rules { get; init; } = [];

    public IReadOnlyList<string> Environment { get; init; } = [];

    public IReadOnlyList<OciMount> Mounts { get; init; } = [];

    public OciHooks? Hooks { get; init; }

    public IReadOnlyList<uint> Groups { get; init; } = [];
}

/// <summary>A device, and what may be done with it.</summary>
internal sealed record OciDeviceAccess(OciDevice Device, OciDeviceRule Rule)
{
    /// <param name="path">Where the container finds it.</param>
    /// <param name="access">Of r, w and m.</param>
    public static OciDeviceAccess To(DeviceNode node, string path, string access) => new(
        new OciDevice(path, node.Type.ToString(), node.Major, node.Minor, node.Mode, node.User, node.Group),
        new OciDeviceRule(true, access, node.Type.ToString(), node.Major, node.Minor));
}
