using System.Text.Json.Serialization;
using Google.Protobuf;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>Docker's Privileges of a service: how its containers are confined.</summary>
internal sealed record PrivilegesJson
{
    public CredentialSpecJson? CredentialSpec { get; init; }
    public SelinuxJson? SELinuxContext { get; init; }
    public SeccompJson? Seccomp { get; init; }
    public AppArmorJson? AppArmor { get; init; }
    public bool? NoNewPrivileges { get; init; }

    internal sealed record CredentialSpecJson
    {
        public string? Config { get; init; }
        public string? File { get; init; }
        public string? Registry { get; init; }
    }

    internal sealed record SelinuxJson
    {
        public bool? Disable { get; init; }
        public string? User { get; init; }
        public string? Role { get; init; }
        public string? Type { get; init; }
        public string? Level { get; init; }
    }

    internal sealed record SeccompJson
    {
        public string? Mode { get; init; }

        /// <summary>base64 of the profile's JSON.</summary>
        [JsonConverter(typeof(GoBytesConverter))]
        public string? Profile { get; init; }
    }

    internal sealed record AppArmorJson
    {
        public string? Mode { get; init; }
    }

    public Privileges ToModel()
    {
        if (CredentialSpec is { } credentials) throw Refusal(credentials);
        return new Privileges
        {
            Selinux = SELinuxContext is { } selinux
                ? new SelinuxContext { Disable = selinux.Disable ?? false, User = selinux.User ?? "", Role = selinux.Role ?? "", Type = selinux.Type ?? "", Level = selinux.Level ?? "" }
                : null,
            Seccomp = Seccomp is { } seccomp ? new SeccompOptions { Mode = ReadMode(seccomp.Mode), Profile = ByteString.CopyFrom(GoBase64.Decode(seccomp.Profile)) } : null,
            AppArmor = AppArmor is { } appArmor ? new AppArmorOptions { Mode = ReadAppArmor(appArmor.Mode) } : null,
            NoNewPrivileges = NoNewPrivileges ?? false,
        };
    }

    public static PrivilegesJson From(Privileges privileges) => new()
    {
        SELinuxContext = privileges.Selinux is { } selinux
            ? new SelinuxJson { Disable = selinux.Disable, User = selinux.User, Role = selinux.Role, Type = selinux.Type, Level = selinux.Level }
            : null,
        Seccomp = privileges.Seccomp is { } seccomp
            ? new SeccompJson { Mode = Word(seccomp.Mode), Profile = seccomp.Profile.IsEmpty ? null : seccomp.Profile.ToBase64() }
            : null,
        AppArmor = privileges.AppArmor is { } appArmor ? new AppArmorJson { Mode = appArmor.Mode == AppArmorMode.Disabled ? "disabled" : "default" } : null,
        NoNewPrivileges = privileges.NoNewPrivileges ? true : null,
    };

    /// <summary>They are Windows'. Docker takes one, and a Linux node rejects each task in these words.</summary>
    public static SkeinException NoCredentialSpecs(string? what = null) =>
        SkeinException.Invalid($"invalid --security-opt 2: \"credentialspec={what ?? "config://"}\": credential specs are for Windows containers alone");

    private static SkeinException Refusal(CredentialSpecJson given)
    {
        (string Name, string? Value)[] all = [("config", given.Config), ("file", given.File), ("registry", given.Registry)];
        var named = all.Where(source => source.Value is { Length: > 0 }).ToList();
        return named switch
        {
            [] => SkeinException.Invalid("invalid CredentialSpec: must either provide \"file\", \"registry\", or \"config\" for credential spec"),
            [var one] => NoCredentialSpecs($"{one.Name}://{one.Value}"),
            [var one, var other] => SkeinException.Invalid($"invalid CredentialSpec: cannot specify both \"{one.Name}\" and \"{other.Name}\" credential specs"),
            _ => SkeinException.Invalid("invalid CredentialSpec: cannot specify both \"config\", \"file\", and \"registry\" credential specs"),
        };
    }

    private static SeccompMode ReadMode(string? mode) => mode switch
    {
        null or "" or "default" => SeccompMode.Default,
        "unconfined" => SeccompMode.Unconfined,
        "custom" => SeccompMode.Custom,
        _ => throw SkeinException.Invalid($"invalid seccomp mode: \"{mode}\""),
    };

    private static AppArmorMode ReadAppArmor(string? mode) => mode switch
    {
        null or "" or "default" => AppArmorMode.Default,
        "disabled" => AppArmorMode.Disabled,
        _ => throw SkeinException.Invalid($"invalid AppArmor mode: \"{mode}\""),
    };

    private static string Word(SeccompMode mode) => mode switch
    {
        SeccompMode.Unconfined => "unconfined",
        SeccompMode.Custom => "custom",
        _ => "default",
    };
}
