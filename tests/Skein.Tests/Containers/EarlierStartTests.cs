using Grpc.Core;
using Skein.Agent.Containers.Processes;
using Xunit;

namespace Skein.Tests.Containers;

public class EarlierStartTests
{
    [Theory]
    [InlineData(StatusCode.AlreadyExists, "task 1: already exists", true)]
    [InlineData(StatusCode.Unknown, "failed to create shim task: mkdir /run/containerd/x: file exists", true)]
    [InlineData(StatusCode.Unknown, "failed to start shim: symlink /var/lib/containerd/x /run/containerd/x/work: no such file or directory", true)]
    [InlineData(StatusCode.Unknown, "failed to start shim: start failed: io.containerd.runc.v2: getwd: no such file or directory: exit status 1: unknown", true)]
    [InlineData(StatusCode.Unknown, "failed to create shim task: OCI runtime create failed: getwd: no such file or directory: unknown", true)]
    [InlineData(StatusCode.Unknown, "OCI runtime create failed: exec: \"/work\": stat /work: no such file or directory: unknown", false)]
    public void Remains_are_told_from_faults(StatusCode code, string reason, bool remains) => Assert.Equal(remains, EarlierStart.IsMet(code, reason));
}
