using Skein.Agent.Containers;
using Skein.Agent.Containers.Oci;
using Skein.Api.Containers.Create;
using Skein.Model;

namespace Skein.Api.Containers;

/// <summary>What only a user's container is given of its host, as its user asked for it.</summary>
internal static class StandaloneHostConfig
{
    public static HostConfigJson Apply(HostConfigJson json, StandaloneSpec wish, string name, HostCgroups cgroups)
    {
        var limits = wish.Limits ?? new();
        return json with
        {
            Binds = NullIfEmpty(wish.Binds),
            SecurityOpt = NullIfEmpty(wish.SecurityOpt),
            NetworkMode = wish.NetworkMode,
            PortBindings = wish.PortBindings.GroupBy(port => $"{port.Port}/{port.Protocol}")
                .ToDictionary(group => group.Key, group => (IReadOnlyList<HostConfigJson.PortBindingJson>)[.. group.Select(port => new HostConfigJson.PortBindingJson(port.HostIp, port.HostPort))]),
            RestartPolicy = new(wish.Restart?.Name ?? "no", wish.Restart?.MaximumRetryCount ?? 0),
            AutoRemove = wish.AutoRemove,
            VolumesFrom = NullIfEmpty(wish.VolumesFrom),
            CgroupnsMode = wish.CgroupnsMode.Length > 0 ? wish.CgroupnsMode : json.CgroupnsMode,
            ExtraHosts = NullIfEmpty(wish.ExtraHosts),
            Links = wish.Links.Count == 0 ? null : [.. wish.Links.Select(link => $"/{link.Name}:/{name}/{link.Alias}")],
            IpcMode = wish.IpcMode,
            PidMode = wish.PidMode,
            UTSMode = wish.UtsMode,
            UsernsMode = wish.UsernsMode,
            Privileged = wish.Privileged,
            PublishAllPorts = wish.PublishAllPorts,
            ShmSize = wish.ShmSize > 0 ? wish.ShmSize : json.ShmSize,
            Tmpfs = wish.Tmpfs.Count > 0 ? wish.Tmpfs.ToDictionary() : null,
            Annotations = wish.Annotations.Count > 0 ? wish.Annotations.ToDictionary() : null,
            ConsoleSize = [(int)wish.ConsoleHeight, (int)wish.ConsoleWidth],
            CgroupParent = wish.CgroupParent,
            CpuShares = limits.CpuShares,
            CpuPeriod = limits.CpuPeriod,
            CpuQuota = limits.CpuQuota,
            CpuRealtimePeriod = limits.CpuRealtimePeriod,
            CpuRealtimeRuntime = limits.CpuRealtimeRuntime,
            CpusetCpus = limits.CpusetCpus,
            CpusetMems = limits.CpusetMems,
            BlkioWeight = (int)limits.BlkioWeight,
            BlkioWeightDevice = limits.BlkioWeightDevice.Count == 0 ? null : [.. limits.BlkioWeightDevice.Select(one => new LimitsWishJson.WeightJson(one.Path, (uint)one.Rate))],
            BlkioDeviceReadBps = Rates(limits.BlkioReadBps),
            BlkioDeviceWriteBps = Rates(limits.BlkioWriteBps),
            BlkioDeviceReadIOps = Rates(limits.BlkioReadIops),
            BlkioDeviceWriteIOps = Rates(limits.BlkioWriteIops),
            OomKillDisable = cgroups.Unified ? null : limits.OomKillDisable ?? false,
            Devices = wish.Devices.Count == 0 ? null : [.. wish.Devices.Select(device => new LimitsWishJson.DeviceJson(device.PathOnHost, device.PathInContainer, device.Permissions))],
            DeviceCgroupRules = NullIfEmpty(wish.DeviceCgroupRules),
            DeviceRequests = wish.DeviceRequests.Count == 0 ? null : [.. wish.DeviceRequests.Select(Request)],
            MaskedPaths = wish.OwnPaths ? wish.MaskedPaths : wish.Privileged ? [] : json.MaskedPaths,
            ReadonlyPaths = wish.OwnPaths ? wish.ReadonlyPaths : wish.Privileged ? [] : json.ReadonlyPaths,
            Mounts = Wished(json, wish),
        };
    }

    /// <summary>Those of `--mount`: of `-v` and of Config.Volumes its own words are kept.</summary>
    private static IReadOnlyList<Swarm.ContainerSpecJson.MountJson>? Wished(HostConfigJson json, StandaloneSpec wish)
    {
        var bound = wish.Binds.Select(bind => BindText.Of(bind).Target).ToHashSet(StringComparer.Ordinal);
        var left = (json.Mounts ?? []).Where(mount => !bound.Contains(mount.Target ?? "") && !wish.Volumes.Contains(mount.Target ?? "")).ToList();
        return left.Count == 0 ? null : left;
    }

    private static LimitsWishJson.DeviceRequestJson Request(DeviceRequest request) => new(
        request.Driver, request.Count, NullIfEmpty(request.DeviceIds), [.. request.Capabilities.Select(all => (IReadOnlyList<string>)all.Values)], request.Options.ToDictionary());

    private static IReadOnlyList<LimitsWishJson.RateJson>? Rates(IReadOnlyCollection<DeviceRate> rates) =>
        rates.Count == 0 ? null : [.. rates.Select(one => new LimitsWishJson.RateJson(one.Path, one.Rate))];

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> list) => list.Count == 0 ? null : list;
}
