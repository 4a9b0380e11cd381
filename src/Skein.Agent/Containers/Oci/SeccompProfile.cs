using System.Runtime.InteropServices;

namespace Skein.Agent.Containers.Oci;

/// <summary>
/// The system calls a container may not make: those that Docker's profile refuses, each until the capability is held that
/// gives it a use. Docker lists what is allowed; this lists what is not, some eighty names in place of some 370: the filter is
/// smaller and loaded faster at each start, and a call that a newer kernel brings is open until it is named here.
/// </summary>
internal static class SeccompProfile
{
    private const string Refuse = "SCMP_ACT_ERRNO";
    private const string MaskedEqual = "SCMP_CMP_MASKED_EQ";
    private const uint NoSuchCall = 38;   // ENOSYS

    // Of no use to a container with any capability.
    private static readonly string[] Always =
    [
        "add_key", "keyctl", "request_key", "kexec_load", "kexec_file_load", "io_uring_setup", "io_uring_enter", "io_uring_register",
        "userfaultfd", "pivot_root", "swapon", "swapoff", "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl", "vm86", "vm86old",
        "create_module", "get_kernel_syms", "query_module", "migrate_pages", "open_tree_attr",
    ];

    private static readonly (string Capability, string[] Names)[] Guarded =
    [
        ("CAP_SYS_ADMIN",
        [
            "bpf", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "mount", "mount_setattr", "move_mount",
            "open_tree", "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog", "umount", "umount2",
            "unshare", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
        ]),
        ("CAP_SYS_BOOT", ["reboot"]),
        ("CAP_SYS_CHROOT", ["chroot"]),
        ("CAP_SYS_MODULE", ["delete_module", "init_module", "finit_module"]),
        ("CAP_SYS_PACCT", ["acct"]),
        ("CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]),
        ("CAP_SYS_RAWIO", ["iopl", "ioperm"]),
        ("CAP_SYS_TIME", ["settimeofday", "stime", "clock_settime", "clock_settime64"]),
        ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
        ("CAP_SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node", "move_pages"]),
        ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
    ];

    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
    private static readonly ulong[] NamespaceFlags = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];

    // AF_ALG and AF_VSOCK: the kernel's cryptography, which has had its holes, and the hypervisor's door.
    private static readonly ulong[] RefusedFamilies = [38, 40];

    public static OciSeccomp Of(IReadOnlyList<string> capabilities)
    {
        var refused = Guarded.Where(guard => !capabilities.Contains(guard.Capability)).SelectMany(guard => guard.Names);
        List<OciSyscallRule> rules =
        [
            new([.. Always, .. refused], Refuse),
            .. RefusedFamilies.Select(family => new OciSyscallRule(["socket"], Refuse, Args: [new(0, family, 0, "SCMP_CMP_EQ")])),
        ];
        if (!capabilities.Contains("CAP_SYS_ADMIN"))
        {
            // Flags of clone3 lie in memory, where a filter can't look: libc falls back to clone when told it is not there.
            rules.Add(new(["clone3"], Refuse, NoSuchCall));
            rules.AddRange(NamespaceFlags.Select(flag => new OciSyscallRule(["clone"], Refuse, Args: [new(0, flag, flag, MaskedEqual)])));
        }
        return new OciSeccomp("SCMP_ACT_ALLOW", Architectures, rules);
    }

    private static IReadOnlyList<string> Architectures => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        Architecture.Arm64 => ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        _ => [],
    };
}
