using Google.Protobuf;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Containers.Create;

/// <summary>`--security-opt`: how a container is confined.</summary>
internal static class SecurityReader
{
    /// <returns>null for a container like any other.</returns>
    public static Privileges? Read(IReadOnlyList<string>? options)
    {
        if (options is null or { Count: 0 }) return null;
        var privileges = new Privileges();
        foreach (var option in options) Read(option, privileges);
        return privileges;
    }

    private static void Read(string option, Privileges privileges)
    {
        var (name, value) = option.Split('=', 2) is [var n, var v] ? (n, v) : option.Split(':', 2) is [var old, var text] ? (old, text) : (option, null);
        switch (name)
        {
            case "no-new-privileges":
                privileges.NoNewPrivileges = value is null || (GoBool.TryParse(value, out var on) ? on : throw Invalid(option));
                break;
            case "label" when value is not null:
                ReadLabel(value, privileges.Selinux ??= new(), option);
                break;
            case "seccomp" when value is not null:
                privileges.Seccomp = value switch
                {
                    "unconfined" => new() { Mode = SeccompMode.Unconfined },
                    "builtin" => new() { Mode = SeccompMode.Default },
                    _ => new() { Mode = SeccompMode.Custom, Profile = ByteString.CopyFromUtf8(value) },
                };
                break;
            case "apparmor" when value is "unconfined":
                privileges.AppArmor = new() { Mode = AppArmorMode.Disabled };
                break;
            case "apparmor" when value is "docker-default":
                privileges.AppArmor = new() { Mode = AppArmorMode.Default };
                break;
            case "apparmor" when value is not null:
                throw SkeinException.NotImplemented($"the AppArmor profile {value} is not supported: docker-default and unconfined are");
            default:
                throw value is null ? SkeinException.Invalid($"invalid --security-opt 1: \"{option}\"") : Invalid(option);
        }
    }

    private static void ReadLabel(string value, SelinuxContext context, string option)
    {
        switch (value.Split(':', 2))
        {
            case ["disable"]: context.Disable = true; break;
            case ["user", var user]: context.User = user; break;
            case ["role", var role]: context.Role = role; break;
            case ["type", var type]: context.Type = type; break;
            case ["level", var level]: context.Level = level; break;
            default: throw Invalid(option);
        }
    }

    private static SkeinException Invalid(string option) => SkeinException.Invalid($"invalid --security-opt 2: \"{option}\"");
}
