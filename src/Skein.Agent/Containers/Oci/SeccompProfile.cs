using System.Runtime.InteropServices;

namespace Skein.Agent.Containers.Oci;

/// <summary>
/// The system calls a container may make: those of the profile that Docker publishes, each where its capability, its architecture and
/// the kernel allow it. All others are refused, what a kernel to come brings too. x86-64 and arm64 are the architectures .NET runs
/// natively on here.
/// </summary>
internal static class SeccompProfile
{
    private const uint NotPermitted = 1;   // EPERM
    private const uint NoSuchCall = 38;    // ENOSYS

    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
    private const ulong NamespaceFlags = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000;

    // AF_ALG, the kernel's cryptography, which has had its holes, and AF_VSOCK, the hypervisor's door.
    private const ulong Alg = 38, Vsock = 40;

    private static readonly IReadOnlyList<SeccompRule> Rules =
    [
        new("process_vm_readv process_vm_writev ptrace") { KernelFrom = new(4, 8) },
        // Names every other family in three ranges: a refusal would not win over an allowance.
        new("socket") { Argument = First("SCMP_CMP_LT", Alg) },
        new("socket") { Argument = First("SCMP_CMP_EQ", Alg + 1) },
        new("socket") { Argument = First("SCMP_CMP_GT", Vsock) },
        // PER_LINUX, PER_LINUX32, both with UNAME26, and the question for the present one.
        .. new ulong[] { 0, 8, 0x20000, 0x20008, 0xffffffff }.Select(persona => new SeccompRule("personality") { Argument = First("SCMP_CMP_EQ", persona) }),
        new("arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls") { On = Architecture.Arm64 },
        new("arch_prctl modify_ldt") { On = Architecture.X64 },
        new("open_by_handle_at") { With = "CAP_DAC_READ_SEARCH" },
        new("""
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr
            mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog
            umount umount2 unshare
            """) { With = "CAP_SYS_ADMIN" },
        new("clone") { Without = "CAP_SYS_ADMIN", Argument = new(0, NamespaceFlags, 0, "SCMP_CMP_MASKED_EQ") },
        // Flags of clone3 lie in memory, where a filter can't look: libc falls back to clone when told it is not there.
        new("clone3") { Without = "CAP_SYS_ADMIN", Error = NoSuchCall },
        new("reboot") { With = "CAP_SYS_BOOT" },
        new("chroot") { With = "CAP_SYS_CHROOT" },
        new("delete_module init_module finit_module") { With = "CAP_SYS_MODULE" },
        new("acct") { With = "CAP_SYS_PACCT" },
        new("kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace") { With = "CAP_SYS_PTRACE" },
        new("iopl ioperm") { With = "CAP_SYS_RAWIO" },
        new("settimeofday stime clock_settime clock_settime64") { With = "CAP_SYS_TIME" },
        new("vhangup") { With = "CAP_SYS_TTY_CONFIG" },
        new("get_mempolicy mbind set_mempolicy set_mempolicy_home_node") { With = "CAP_SYS_NICE" },
        new("syslog") { With = "CAP_SYSLOG" },
        new("bpf") { With = "CAP_BPF" },
        new("perf_event_open") { With = "CAP_PERFMON" },
    ];

    public static OciSeccomp Of(IReadOnlyCollection<string> capabilities, Architecture architecture, Version kernel) => new(
        "SCMP_ACT_ERRNO",
        NotPermitted,
        architecture switch
        {
            Architecture.X64 => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            Architecture.Arm64 => ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
            _ => [],
        },
        [
            new(SeccompCalls.Always, "SCMP_ACT_ALLOW"),
            .. Rules.Where(rule => rule.Applies(capabilities, architecture, kernel)).Select(rule => rule.ToOci()),
        ]);

    private static OciSyscallArgument First(string comparison, ulong value) => new(0, value, 0, comparison);
}
