using Google.Protobuf;
using Skein.Agent.Containers.Oci;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

/// <summary>Privileges and limits as the kernel shows them inside.</summary>
public sealed class ConfinementTests
{
    private const string Status = "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\n\\t'";

    // EPERM is what the default would answer: 71 is EPROTO.
    private const string NoFolders =
        """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":71,"excludes":{"caps":["CAP_SYS_ADMIN"]}}]}""";

    [Fact]
    public async Task AContainerIsConfinedAsItsPrivilegesSay()
    {
        await using var host = await EngineHost.StartAsync();
        Assert.Equal("NoNewPrivs:0Seccomp:2", await SaysAsync(host, "plain", new Privileges(), Status));
        Assert.Equal("NoNewPrivs:1Seccomp:2", await SaysAsync(host, "nnp", new Privileges { NoNewPrivileges = true }, Status));
        Assert.Equal("NoNewPrivs:0Seccomp:0", await SaysAsync(host, "open", new Privileges { Seccomp = new() { Mode = SeccompMode.Unconfined } }, Status));

        var custom = new Privileges { Seccomp = new() { Mode = SeccompMode.Custom, Profile = ByteString.CopyFromUtf8(NoFolders) } };
        Assert.Contains("Protocol error", await SaysAsync(host, "folders", custom, "mkdir /x"), StringComparison.Ordinal);
        Assert.Equal("", await SaysAsync(host, "admin", custom, "mkdir /x", "SYS_ADMIN"));
    }

    [Fact]
    public async Task AnExecIsUnderTheSame()
    {
        await using var host = await EngineHost.StartAsync();
        var definition = EngineHost.Define("long", "sleep", "1000");
        definition.Spec.Privileges = new Privileges { NoNewPrivileges = true, Seccomp = new() { Mode = SeccompMode.Unconfined } };
        var id = await host.RunAsync(definition);
        Assert.Equal("NoNewPrivs:1Seccomp:0", (await host.ExecAsync(id, EngineHost.Exec("sh", "-c", Status))).Stdout);
    }

    [Fact]
    public async Task SwapAndItsEagernessAreLimited()
    {
        await using var host = await EngineHost.StartAsync();
        var cgroups = HostCgroups.Read();
        var definition = new ContainerDefinition(EngineHost.Define("limited", "sleep", "1000"))
        {
            Resources = new() { Limits = new() { MemoryBytes = 16 << 20, Pids = 77 }, SwapBytes = cgroups.LimitsSwap ? 1 << 20 : null, MemorySwappiness = cgroups.Unified ? null : 13 },
        };
        var id = await host.RunAsync(definition);

        var group = $"{host.Options.CgroupParent}/{id}";
        Assert.Equal("77", Read(cgroups.Unified ? $"{group}/pids.max" : $"pids{group}/pids.max"));
        if (cgroups.Unified)
        {
            if (cgroups.LimitsSwap) Assert.Equal($"{1 << 20}", Read($"{group}/memory.swap.max"));
            return;
        }
        if (cgroups.LimitsSwap) Assert.Equal($"{17 << 20}", Read($"memory{group}/memory.memsw.limit_in_bytes"));
        Assert.Equal("13", Read($"memory{group}/memory.swappiness"));

        static string Read(string file) => File.ReadAllText("/sys/fs/cgroup/" + file).Trim();
    }

    private static async Task<string> SaysAsync(EngineHost host, string name, Privileges privileges, string command, params string[] capabilities)
    {
        var definition = EngineHost.Define(name, "sh", "-c", command + " 2>&1");
        definition.Spec.Privileges = privileges;
        definition.Spec.CapabilityAdd.Add(capabilities);
        return (await host.OutputOfAsync(definition)).Output.Trim();
    }
}
