using Skein.Agent.Containers.Processes;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class ContainerProcessesTests
{
    private static readonly string s_id = new('a', 64);

    [Fact]
    public void A_process_belongs_to_the_container_whose_cgroup_it_is_in()
    {
        Assert.True(ContainerProcesses.IsIn($"12:pids:/skein/{s_id}\n1:name=systemd:/\n", s_id));
        Assert.True(ContainerProcesses.IsIn($"0::/skein/{s_id}/made/by:itself\n", s_id));
        Assert.False(ContainerProcesses.IsIn($"0::/skein/{s_id}x\n", s_id));
        Assert.False(ContainerProcesses.IsIn($"0::/user.slice\n", s_id));
        Assert.False(ContainerProcesses.IsIn("", s_id));
    }

    [Fact]
    public void Frozen_ones_are_thawed_where_the_kernel_keeps_them()
    {
        Assert.Equal([$"/sys/fs/cgroup/freezer/skein/{s_id}"], ContainerProcesses.FreezersOf($"3:freezer:/skein/{s_id}\n2:cpu,cpuacct:/x\n"));
        Assert.Empty(ContainerProcesses.FreezersOf($"0::/skein/{s_id}\n"));
    }

    [Fact]
    public void Nobody_is_killed_for_a_container_that_is_nowhere() => Assert.Equal(0, ContainerProcesses.Kill(s_id));
}
