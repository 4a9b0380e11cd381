using Skein.Linux.Mounts;
using Xunit;

namespace Skein.Tests.Linux;

public class MountOptionsTests
{
    [Theory]
    [InlineData("", MountFlags.None, MountFlags.None, "")]
    [InlineData("ro,noatime,addr=192.0.2.1,vers=4", MountFlags.ReadOnly | MountFlags.NoAccessTimes, MountFlags.None, "addr=192.0.2.1,vers=4")]
    [InlineData("ro,rw,size=1m", MountFlags.None, MountFlags.None, "size=1m")]
    [InlineData("rbind,nosuid,rshared", MountFlags.Bind | MountFlags.Recursive | MountFlags.NoSuid, MountFlags.Shared | MountFlags.Recursive, "")]
    [InlineData(" defaults , ,uid=1000", MountFlags.None, MountFlags.None, "uid=1000")]
    public void What_is_a_flag_is_the_kernels_and_the_rest_the_file_systems(string text, MountFlags flags, MountFlags propagation, string data) =>
        Assert.Equal(new MountOptions(flags, propagation, data), MountOptions.Parse(text));
}
