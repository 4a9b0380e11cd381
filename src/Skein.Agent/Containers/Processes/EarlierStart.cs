using Grpc.Core;

namespace Skein.Agent.Containers.Processes;

/// <summary>Whether a start met what an earlier one has left, whose caller or containerd was killed: containerd still tidies up, or goes on.</summary>
internal static class EarlierStart
{
    public static bool IsMet(StatusCode code, string reason)
    {
        // Its task, or before that its folder.
        return code == StatusCode.AlreadyExists || EndsWith(": file exists")
            // The folder was taken away under the new start, or under the shim that was found.
            || (reason.Contains("failed to start shim", StringComparison.Ordinal) && EndsWith("/work: no such file or directory"))
            || reason.Contains("getwd: no such file or directory", StringComparison.Ordinal);

        // Some errors come with the runtime's class at their end.
        bool EndsWith(string end) => reason.EndsWith(end, StringComparison.Ordinal) || reason.EndsWith(end + ": unknown", StringComparison.Ordinal);
    }
}
