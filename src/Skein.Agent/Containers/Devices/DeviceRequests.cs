using System.Globalization;
using System.Text.RegularExpressions;
using Skein.Agent.Containers.Oci;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Containers.Devices;

/// <summary>What `docker run` says of devices, in the terms of the host: --device, --device-cgroup-rule, --gpus.</summary>
internal static partial class DeviceRequests
{
    private const string Gpu = "gpu";
    private const string GpuKind = "nvidia.com/gpu";
    private const int CountMax = 64;

    public static DeviceGrant Grant(DeviceMapping device) => new(
        device.PathOnHost,
        device.PathInContainer.Length > 0 ? device.PathInContainer : device.PathOnHost,
        device.Permissions.Length > 0 ? device.Permissions : "rwm");

    /// <exception cref="SkeinException">In Docker's words.</exception>
    public static OciDeviceRule Rule(string rule)
    {
        var match = RuleForm().Match(rule);
        if (!match.Success) throw SkeinException.Invalid($"invalid device cgroup rule format: '{rule}'");
        var type = match.Groups[1].Value;
        return new(true, match.Groups[4].Value, type == "a" ? null : type, Number(match.Groups[2].Value), Number(match.Groups[3].Value));
    }

    /// <summary>The devices of the Container Device Interface that a request stands for.</summary>
    public static IEnumerable<string> Names(DeviceRequest request)
    {
        if (request.Driver == "cdi") return request.DeviceIds;
        var isGpu = request.Driver is "" or "nvidia" && request.Capabilities.Any(all => all.Values.Contains(Gpu));
        if (!isGpu) throw SkeinException.Invalid($"could not select device driver \"{request.Driver}\" with capabilities: [{string.Join(' ', request.Capabilities.Select(all => $"[{string.Join(' ', all.Values)}]"))}]");
        if (request.DeviceIds.Count > 0) return request.DeviceIds.Select(id => $"{GpuKind}={id}");
        return request.Count < 0 ? [$"{GpuKind}=all"] : Enumerable.Range(0, Math.Min(request.Count, CountMax)).Select(i => $"{GpuKind}={i}");
    }

    private static long? Number(string text) => text == "*" ? null : long.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([acb]) ([0-9]{1,9}|\*):([0-9]{1,9}|\*) ([rwm]{1,3})\z")]
    private static partial Regex RuleForm();
}
