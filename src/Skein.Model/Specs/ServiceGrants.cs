namespace Skein.Model.Specs;

/// <summary>
/// What Docker has no flag for at a service: devices, --privileged, GPUs. Asked for by labels of the service or of its containers, of which
/// the latter win, and given by nodes whose daemon.json allows it alone.
/// </summary>
/// <param name="Gpus">Devices of the Container Device Interface: vendor.com/class=name</param>
public sealed record ServiceGrants(bool Privileged, IReadOnlyList<DeviceGrant> Devices, IReadOnlyList<string> Gpus)
{
    public const string PrivilegedLabel = "skein.privileged";
    public const string DevicesLabel = "skein.devices";
    public const string GpusLabel = "skein.gpus";

    private const string DefaultKind = "nvidia.com/gpu";
    private const int EntriesMax = 64;

    /// <summary>The words by which daemon.json allows them, in `allow-services`.</summary>
    public static readonly IReadOnlyList<string> Words = ["privileged", "devices", "gpus"];

    private static readonly string[] s_labels = [PrivilegedLabel, DevicesLabel, GpusLabel];

    /// <summary>Those labels that ask for something: of the containers, else of the service.</summary>
    public static Dictionary<string, string> LabelsOf(IDictionary<string, string>? service, IDictionary<string, string>? container)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in s_labels)
        {
            if (container?.TryGetValue(name, out var own) == true) labels[name] = own;
            else if (service?.TryGetValue(name, out var all) == true) labels[name] = all;
        }
        return labels;
    }

    /// <exception cref="SkeinException">A label makes no sense; the message names it.</exception>
    public static ServiceGrants Parse(IReadOnlyDictionary<string, string> labels)
    {
        var privileged = labels.GetValueOrDefault(PrivilegedLabel, "");
        if (privileged is not ("" or "true" or "false")) throw SkeinException.Invalid($"label {PrivilegedLabel}={privileged}: must be true or false");
        return new(
            privileged == "true",
            [.. Entries(labels, DevicesLabel).Select(DeviceGrant.Parse)],
            [.. Entries(labels, GpusLabel).Select(Qualified)]);
    }

    /// <summary>In the words of daemon.json.</summary>
    public IEnumerable<string> Needs()
    {
        if (Privileged) yield return "privileged";
        if (Devices.Count > 0) yield return "devices";
        if (Gpus.Count > 0) yield return "gpus";
    }

    private static string[] Entries(IReadOnlyDictionary<string, string> labels, string label)
    {
        var entries = labels.GetValueOrDefault(label, "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return entries.Length <= EntriesMax ? entries : throw SkeinException.Invalid($"label {label}: at most {EntriesMax} devices");
    }

    private static string Qualified(string name)
    {
        var whole = name.Contains('=', StringComparison.Ordinal) ? name : $"{DefaultKind}={name}";
        return whole.Split('=') is [var kind, { Length: > 0 } device] && kind.Split('/') is [{ Length: > 0 }, { Length: > 0 }] && whole.All(IsNamed) && device.Length < 128
            ? whole
            : throw SkeinException.Invalid($"label {GpusLabel}: \"{name}\" is no device's name, such as {DefaultKind}=all");
    }

    private static bool IsNamed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '/' or '=';
}
