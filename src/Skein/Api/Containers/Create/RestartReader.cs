using Skein.Model;

namespace Skein.Api.Containers.Create;

internal static class RestartReader
{
    /// <returns>null for a container that is not restarted.</returns>
    public static ContainerRestartPolicy? Read(HostConfigJson.RestartPolicyJson? json)
    {
        var (name, retries) = (json?.Name ?? "", json?.MaximumRetryCount ?? 0);
        switch (name)
        {
            case "":
                return null;
            case "no" or "always" or "unless-stopped":
                if (retries != 0)
                    throw SkeinException.Invalid("invalid restart policy: maximum retry count can only be used with 'on-failure'" + (retries < 0 ? " and cannot be negative" : ""));
                return name == "no" ? null : new() { Name = name };
            case "on-failure":
                return retries >= 0 ? new() { Name = name, MaximumRetryCount = retries } : throw SkeinException.Invalid("invalid restart policy: maximum retry count cannot be negative");
            default:
                throw SkeinException.Invalid($"invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'");
        }
    }
}
