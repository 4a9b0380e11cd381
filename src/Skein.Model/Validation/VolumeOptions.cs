namespace Skein.Model.Validation;

/// <summary>The options of Docker's volume driver `local`: what is mounted there, as mount(8) would.</summary>
public static class VolumeOptions
{
    public const string Type = "type";
    public const string Device = "device";
    public const string Options = "o";
    public const string Size = "size";

    /// <summary>Of a volume with another driver than local, in Docker's words.</summary>
    public static string NoDriver(string driver) => $"error looking up volume plugin {driver}: plugin \"{driver}\" not found";

    /// <exception cref="SkeinException">In Docker's words.</exception>
    public static void Check(IReadOnlyDictionary<string, string> options)
    {
        if (options.Keys.FirstOrDefault(key => key is not (Type or Device or Options or Size)) is { } unknown)
            throw SkeinException.Invalid($"invalid option: \"{unknown}\"");
        if (options.ContainsKey(Size)) throw SkeinException.Invalid("quota size requested but no quota support");
        if (options.Count == 0) return;
        foreach (var needed in new[] { Device, Type })
        {
            if (!options.TryGetValue(needed, out var value) || value.Length == 0) throw SkeinException.Invalid($"missing required option: \"{needed}\"");
        }
    }
}
