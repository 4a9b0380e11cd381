using Skein.Agent.Containers.Oci;
using Xunit;
using Machine = System.Runtime.InteropServices.Architecture;

namespace Skein.Tests.Containers;

/// <summary>The profile as a list of what is allowed: what nobody thought of is refused.</summary>
public sealed class SeccompProfileTests
{
    private static readonly Version s_kernel = new(6, 1);

    [Fact]
    public void What_is_not_named_is_refused()
    {
        var profile = Of([]);
        Assert.Equal(("SCMP_ACT_ERRNO", 1u), (profile.DefaultAction, profile.DefaultErrnoRet));
        Assert.False(Allowed("a_call_of_a_kernel_to_come", CapabilitySet.All));
    }

    [Theory]
    [InlineData("add_key")]
    [InlineData("keyctl")]
    [InlineData("request_key")]
    [InlineData("kexec_load")]
    [InlineData("io_uring_setup")]
    [InlineData("userfaultfd")]
    [InlineData("pivot_root")]
    [InlineData("swapon")]
    [InlineData("migrate_pages")]
    public void What_no_capability_opens(string call) => Assert.False(Allowed(call, CapabilitySet.All));

    [Theory]
    [InlineData("mount", "CAP_SYS_ADMIN")]
    [InlineData("unshare", "CAP_SYS_ADMIN")]
    [InlineData("setns", "CAP_SYS_ADMIN")]
    [InlineData("bpf", "CAP_SYS_ADMIN")]
    [InlineData("bpf", "CAP_BPF")]
    [InlineData("perf_event_open", "CAP_PERFMON")]
    [InlineData("syslog", "CAP_SYSLOG")]
    [InlineData("chroot", "CAP_SYS_CHROOT")]
    [InlineData("open_by_handle_at", "CAP_DAC_READ_SEARCH")]
    [InlineData("finit_module", "CAP_SYS_MODULE")]
    [InlineData("reboot", "CAP_SYS_BOOT")]
    [InlineData("acct", "CAP_SYS_PACCT")]
    [InlineData("kcmp", "CAP_SYS_PTRACE")]
    [InlineData("ioperm", "CAP_SYS_RAWIO")]
    [InlineData("clock_settime", "CAP_SYS_TIME")]
    [InlineData("vhangup", "CAP_SYS_TTY_CONFIG")]
    [InlineData("mbind", "CAP_SYS_NICE")]
    public void A_capability_opens_its_calls(string call, string capability)
    {
        Assert.False(Allowed(call, []));
        Assert.True(Allowed(call, [capability]));
    }

    [Fact]
    public void Ordinary_programs_make_their_calls()
    {
        string[] calls = ["read", "write", "openat", "openat2", "execve", "clone", "futex", "epoll_wait", "accept4", "socket", "rseq", "statx", "faccessat2", "close_range"];
        Assert.All(calls, call => Assert.True(Allowed(call, []), call));
    }

    [Fact]
    public void A_new_namespace_is_behind_an_argument()
    {
        var clone = Assert.Single(Rules("clone", []));
        Assert.Equal(new OciSyscallArgument(0, 0x7e020000, 0, "SCMP_CMP_MASKED_EQ"), Assert.Single(clone.Args!));
        Assert.Null(Assert.Single(Rules("clone", ["CAP_SYS_ADMIN"])).Args);
        // "Not there", so that libc takes clone.
        Assert.Equal(("SCMP_ACT_ERRNO", 38u), (Assert.Single(Rules("clone3", [])).Action, Assert.Single(Rules("clone3", [])).ErrnoRet));
        Assert.Equal("SCMP_ACT_ALLOW", Assert.Single(Rules("clone3", ["CAP_SYS_ADMIN"])).Action);
    }

    [Theory]
    [InlineData(1, true)]    // AF_UNIX
    [InlineData(2, true)]    // AF_INET
    [InlineData(16, true)]   // AF_NETLINK
    [InlineData(38, false)]  // AF_ALG
    [InlineData(39, true)]
    [InlineData(40, false)]  // AF_VSOCK
    [InlineData(44, true)]   // AF_XDP
    public void Families_of_sockets(ulong family, bool allowed) =>
        Assert.Equal(allowed, Rules("socket", CapabilitySet.All).Any(rule => rule.Args!.All(argument => argument.Op switch
        {
            "SCMP_CMP_LT" => family < argument.Value,
            "SCMP_CMP_EQ" => family == argument.Value,
            "SCMP_CMP_GT" => family > argument.Value,
            _ => throw new InvalidOperationException(argument.Op),
        })));

    [Fact]
    public void The_kernel_and_the_architecture_count()
    {
        Assert.DoesNotContain(SeccompProfile.Of([], Machine.X64, new Version(4, 7)).Syscalls, rule => rule.Names.Contains("ptrace"));
        Assert.True(Allowed("ptrace", []));
        Assert.True(Allowed("arch_prctl", []));
        var arm = SeccompProfile.Of([], Machine.Arm64, s_kernel);
        Assert.DoesNotContain(arm.Syscalls, rule => rule.Names.Contains("arch_prctl"));
        Assert.Contains(arm.Syscalls, rule => rule.Names.Contains("sync_file_range2"));
        Assert.Equal(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"], arm.Architectures);
    }

    private static OciSeccomp Of(IReadOnlyList<string> capabilities) => SeccompProfile.Of(capabilities, Machine.X64, s_kernel);

    private static List<OciSyscallRule> Rules(string call, IReadOnlyList<string> capabilities) =>
        [.. Of(capabilities).Syscalls.Where(rule => rule.Names.Contains(call))];

    private static bool Allowed(string call, IReadOnlyList<string> capabilities) => Rules(call, capabilities).Any(rule => rule.Action == "SCMP_ACT_ALLOW");
}
