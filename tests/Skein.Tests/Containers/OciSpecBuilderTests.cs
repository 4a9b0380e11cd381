using System.Text.Json;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Images;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class OciSpecBuilderTests
{
    private static readonly OciUser Root = new(0, 0, [0]);

    [Theory]
    [InlineData("", "", "ep img")]
    [InlineData("", "arg", "ep arg")]
    [InlineData("own", "", "own")]
    [InlineData("own", "arg", "own arg")]
    public void AnEntrypointOfOnesOwnSetsTheImagesCommandAside(string command, string args, string expected)
    {
        var spec = new ContainerSpec();
        spec.Command.AddRange(Words(command));
        spec.Args.AddRange(Words(args));
        Assert.Equal(Words(expected), OciSpecBuilder.Command(spec, Image(["ep"], ["img"])));
    }

    [Fact]
    public void A_later_variable_keeps_the_earlier_place_and_a_bare_name_takes_one_away() => Assert.Equal(
        ["A=3", "B=2", "C=1", "D="],
        OciSpecBuilder.MergeEnvironment(["A=1", "B=1", "C=1", "none"], ["A=2", "B", "D=", "A=3", "E", "B=2", ""]));

    [Fact]
    public void A_hundred_thousand_variables_are_no_work()
    {
        var many = Enumerable.Range(0, 200_000).Select(i => $"V{i}=").Concat(Enumerable.Repeat("no variable", 200_000)).ToList();
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(200_000, OciSpecBuilder.MergeEnvironment(many, many).Count);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "each variable is looked for among all others");
    }

    [Fact]
    public void NothingToRunIsAnError()
    {
        var error = Assert.Throws<SkeinException>(() => OciSpecBuilder.Command(new ContainerSpec(), Image([], [])));
        Assert.Equal((ErrorKind.InvalidArgument, "no command specified"), (error.Kind, error.Message));
    }

    [Fact]
    public void EnvironmentIsDefaultsThenImageThenOwn()
    {
        var spec = new ContainerSpec { Tty = true };
        spec.Env.AddRange(["A=own", "GONE", "NEW=1"]);
        var built = Build(Define(spec), Image([], ["sh"], ["PATH=/bin", "A=image", "GONE=x"]));
        Assert.Equal(["PATH=/bin", "HOSTNAME=host", "TERM=xterm", "A=own", "NEW=1"], built.Process.Env);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public void NobodyTakesAfterTheShimsProtection(int score) =>
        Assert.Equal(score, Build(Define(new ContainerSpec { OomScoreAdj = score }), Image([], ["sh"])).Process.OomScoreAdj);

    [Fact]
    public void LimitsBecomeResources()
    {
        var definition = new ContainerDefinition(Define(new ContainerSpec()))
        {
            Resources = new ResourceRequirements
            {
                Limits = new Resources { NanoCpus = 1_500_000_000, MemoryBytes = 64 << 20, Pids = 9 },
                Reservations = new Resources { MemoryBytes = 32 << 20 },
            },
        };
        var resources = Build(definition, Image([], ["sh"])).Linux.Resources;
        Assert.Equal(new OciCpu(150_000, 100_000), resources.Cpu);
        Assert.Equal(new OciMemory(64 << 20, 32 << 20, 128 << 20), resources.Memory);
        Assert.Equal(new OciPids(9), resources.Pids);
    }

    [Theory]
    [InlineData(0L, 64L << 20)]
    [InlineData(1L << 20, 65L << 20)]
    [InlineData(-1L, -1L)]
    public void SwapIsBesideTheMemory(long swap, long both)
    {
        var limits = new ResourceRequirements { Limits = new Resources { MemoryBytes = 64 << 20 }, SwapBytes = swap };
        Assert.Equal(both, Build(new(Define(new ContainerSpec())) { Resources = limits }, Image([], ["sh"])).Linux.Resources.Memory!.Swap);
    }

    [Fact]
    public void SwappinessNeedsTheFirstVersionOfControlGroups()
    {
        var definition = new ContainerDefinition(Define(new ContainerSpec())) { Resources = new ResourceRequirements { MemorySwappiness = 0 } };
        var first = new OciSpecBuilder("/skein", new(Unified: false, LimitsSwap: true), null).Build(definition, Image([], ["sh"]), Root, []);
        Assert.Equal(new OciMemory(null, null, null, 0), first.Linux.Resources.Memory);
        var refusal = Assert.Throws<SkeinException>(() => new OciSpecBuilder("/skein", new(Unified: true, LimitsSwap: true), null).Build(definition, Image([], ["sh"]), Root, []));
        Assert.Equal("memory swappiness needs cgroup v1: this host has v2", refusal.Message);
    }

    [Fact]
    public void AnSelinuxContextIsCompletedWhereTheKernelHasSelinuxAndRefusedElsewhere()
    {
        var definition = Define(new ContainerSpec { Privileges = new Privileges { Selinux = new SelinuxContext { Type = "svirt_apache", Level = "s0:c100,c200" } } });
        var refusal = Assert.Throws<SkeinException>(() => Build(definition, Image([], ["sh"])));
        Assert.Equal("an SELinux context needs a kernel with SELinux: this host's has none", refusal.Message);

        var builder = new OciSpecBuilder("/skein", new(Unified: true, LimitsSwap: true), null) { HasSelinux = true };
        var built = builder.Build(definition, Image([], ["sh"]), Root, []);
        Assert.Equal(
            ("system_u:system_r:svirt_apache:s0:c100,c200", "system_u:object_r:container_file_t:s0:c100,c200"), (built.Process.SelinuxLabel, built.Linux.MountLabel));
        definition.Spec.Privileges = new() { Selinux = new() { Disable = true } };
        Assert.Null(builder.Build(definition, Image([], ["sh"]), Root, []).Process.SelinuxLabel);
    }

    [Fact]
    public void MountsOfTheUserReplaceDefaultsAndAreMadeOutsideIn()
    {
        OciMount[] user = [new("/a/b", "bind", "/x", []), new("/dev/shm", "tmpfs", "tmpfs", []), new("/a", "bind", "/y", [])];
        var definition = new ContainerDefinition(Define(new ContainerSpec())) { ResolvConfPath = "/run/resolv" };
        var mounts = new OciSpecBuilder("/skein/", new(Unified: true, LimitsSwap: true), null).Build(definition, Image([], ["sh"]), Root, user).Mounts;
        Assert.Single(mounts, mount => mount.Destination == "/dev/shm");
        Assert.Equal(["/a", "/a/b", "/dev/shm", "/etc/resolv.conf"], mounts.Select(mount => mount.Destination).Skip(6).Order(StringComparer.Ordinal));
        Assert.True(Index("/a") < Index("/a/b"));

        int Index(string destination) => mounts.ToList().FindIndex(mount => mount.Destination == destination);
    }

    [Fact]
    public void TheSpecIsTheRuntimesJson()
    {
        var definition = new ContainerDefinition(Define(new ContainerSpec { ReadOnly = true })) { NetworkNamespacePath = "/run/netns/x" };
        using var json = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(Build(definition, Image([], ["sh"])), OciJson.Default.OciSpec));
        var root = json.RootElement;
        Assert.Equal("1.0.2", root.GetProperty("ociVersion").GetString());
        Assert.True(root.GetProperty("root").GetProperty("readonly").GetBoolean());
        Assert.Equal(14, root.GetProperty("process").GetProperty("capabilities").GetProperty("bounding").GetArrayLength());
        Assert.Equal("/skein/id", root.GetProperty("linux").GetProperty("cgroupsPath").GetString());
        Assert.Contains(
            root.GetProperty("linux").GetProperty("namespaces").EnumerateArray(),
            ns => ns.GetProperty("type").GetString() == "network" && ns.GetProperty("path").GetString() == "/run/netns/x");
        var seccomp = root.GetProperty("linux").GetProperty("seccomp");
        Assert.Equal(("SCMP_ACT_ERRNO", 1), (seccomp.GetProperty("defaultAction").GetString(), seccomp.GetProperty("defaultErrnoRet").GetInt32()));
        Assert.False(root.GetProperty("process").TryGetProperty("apparmorProfile", out _), "named where there is no AppArmor");
    }

    [Fact]
    public void CapabilitiesAreAddedAndDropped()
    {
        Assert.Equal(14, CapabilitySet.Of([], []).Count);
        Assert.Equal(["CAP_NET_ADMIN"], CapabilitySet.Of(["net_admin"], ["ALL"]));
        Assert.DoesNotContain("CAP_CHOWN", CapabilitySet.Of(["ALL"], ["CAP_CHOWN"]));
        Assert.Throws<SkeinException>(() => CapabilitySet.Of(["NONSENSE"], []));
    }

    [Fact]
    public void All_capabilities_are_those_the_daemon_has()
    {
        var own = CapabilitySet.Parse("Name:\tskein\nCapPrm:\t0000000000000000\nCapEff:\t0000000000001003\n", "CapEff");
        Assert.Equal(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_ADMIN"], own);
        Assert.Equal(["CAP_CHOWN", "CAP_NET_ADMIN"], CapabilitySet.Of(["ALL"], ["DAC_OVERRIDE"], own));
        var exec = new ExecDefinition(["sh"], [], "", "", false, false, true, true, Privileged: true, "");
        var process = new OciSpecBuilder("/skein", new(Unified: false, LimitsSwap: true), null) { AllCapabilities = own }.BuildExec(new OciProcess { Args = ["sh"], Cwd = "/", Env = [], User = Root }, exec, Root);
        Assert.Equal(own, process.Capabilities!.Effective);
    }

    [Fact]
    public void A_kernel_parameter_that_is_not_the_containers_is_refused_by_any_name()
    {
        var sysctls = Build(Define(new ContainerSpec { Sysctls = { ["net/ipv4/conf/eth0.5/rp_filter"] = "1" } }), Image([], ["sh"])).Linux.Sysctl!;
        Assert.Equal("1", sysctls["net.ipv4.conf.eth0/5.rp_filter"]);
        var error = Assert.Throws<SkeinException>(() => Build(Define(new ContainerSpec { Sysctls = { ["net/../kernel/core_pattern"] = "|x" } }), Image([], ["sh"])));
        Assert.Equal("sysctl \"net/../kernel/core_pattern\" is not in a separate kernel namespace", error.Message);
    }

    [Fact]
    public void OnlyRootHasItsCapabilitiesInEffect()
    {
        var built = new OciSpecBuilder("/skein", new(Unified: false, LimitsSwap: true), null).Build(Define(new ContainerSpec()), Image([], ["sh"]), new OciUser(5, 5), []);
        Assert.Equal((14, 0, 0), (built.Process.Capabilities!.Bounding.Count, built.Process.Capabilities.Effective.Count, built.Process.Capabilities.Permitted.Count));
    }

    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(64 << 20, true, 128 << 20)]
    [InlineData(64 << 20, false, -1)]
    [InlineData(long.MaxValue - 1, true, long.MaxValue)]
    public void SwapIsAsMuchAsMemoryWhereTheHostCountsIt(long memory, bool limitsSwap, long both) =>
        Assert.Equal(both, new HostCgroups(Unified: true, limitsSwap).MemorySwap(memory));

    [Fact]
    public void AnInitThatIsNotInstalledIsAnError() =>
        Assert.Throws<SkeinException>(() => Build(Define(new ContainerSpec { Init = true }), Image([], ["sh"])));

    private static OciSpec Build(ContainerDefinition definition, ImageConfig image) =>
        new OciSpecBuilder("/skein", new(Unified: false, LimitsSwap: true), null).Build(definition, image, Root, []);

    private static ContainerDefinition Define(ContainerSpec spec) =>
        new() { Id = "id", Name = "name", Spec = spec, Hostname = "host" };

    private static ImageConfig Image(string[] entrypoint, string[] command, string[]? env = null) =>
        new(entrypoint, command, env ?? [], "", "", [], [], new Dictionary<string, string>(), "", null);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
