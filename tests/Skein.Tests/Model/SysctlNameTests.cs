using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;
using Xunit;

namespace Skein.Tests.Model;

public sealed class SysctlNameTests
{
    [Theory]
    [InlineData("net.core.somaxconn", "net/core/somaxconn")]
    [InlineData("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter")]
    [InlineData("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter")]
    [InlineData("kernel.shmmax", "kernel/shmmax")]
    [InlineData("kernel.shm_rmid_forced", "kernel/shm_rmid_forced")]
    [InlineData("kernel.domainname", "kernel/domainname")]
    [InlineData("fs.mqueue.msg_max", "fs/mqueue/msg_max")]
    public void What_a_container_may_set(string name, string path) => Assert.Equal(path, SysctlName.Path(name));

    [Theory]
    [InlineData("net/../kernel/core_pattern")]
    [InlineData("net/ipv4/../../kernel/core_pattern")]
    [InlineData("net.//.kernel.core_pattern")]
    [InlineData("net/../../../etc/cron.d/x")]
    [InlineData("net//etc")]
    [InlineData("net/./x")]
    [InlineData("net.")]
    [InlineData("net")]
    [InlineData("/net/core/somaxconn")]
    [InlineData("network.x")]
    [InlineData("kernel.core_pattern")]
    [InlineData("kernel.shmmax/../core_pattern")]
    [InlineData("fs.mqueue")]
    [InlineData("fs/mqueue/../suid_dumpable")]
    [InlineData("vm.overcommit_memory")]
    [InlineData("net.a\nb")]
    [InlineData("net.a\0b")]
    [InlineData("")]
    public void All_else_is_the_hosts(string name)
    {
        var error = Assert.Throws<SkeinException>(() => SysctlName.Path(name));
        Assert.Equal((ErrorKind.InvalidArgument, $"sysctl \"{name}\" is not in a separate kernel namespace"), (error.Kind, error.Message));
    }

    [Fact]
    public void A_hosts_name_has_a_field_of_its_own() =>
        Assert.Equal("sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field", SysctlName.Refusal("kernel.hostname"));

    [Fact]
    public void A_service_that_names_another_is_refused()
    {
        var spec = new ServiceSpec
        {
            Annotations = new() { Name = "web" },
            Task = new() { Container = new() { Image = "busybox", Sysctls = { ["net/../kernel/core_pattern"] = "|/x" } } },
            Replicated = new() { Replicas = 1 },
        };
        var error = Assert.Throws<SkeinException>(() => ServiceSpecValidation.Check(spec));
        Assert.Contains("sysctl \"net/../kernel/core_pattern\" is not in a separate kernel namespace", error.Message, StringComparison.Ordinal);
    }
}
