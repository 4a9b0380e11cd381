using System.Text;
using Skein.Agent.Containers.Oci;
using Skein.Model;
using Skein.Model.Seccomp;
using Xunit;
using Machine = System.Runtime.InteropServices.Architecture;

namespace Skein.Tests.Model;

public sealed class SeccompDocumentTests
{
    private static readonly Version s_kernel = new(6, 1);

    [Theory]
    [InlineData("x", "Decoding seccomp profile failed: ")]
    [InlineData("null", "Decoding seccomp profile failed: it is null")]
    [InlineData("""{"defaultAction":"SCMP_ACT_NOTIFY"}""", "unknown action \"SCMP_ACT_NOTIFY\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/s"}""", "listeners are not supported")]
    [InlineData("""{"syscalls":[{"name":"mkdir","action":"SCMP_ACT_ERRNO"}]}""", "unknown action \"\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[null]}""", "a rule or an architecture is null")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","archMap":[null]}""", "a rule or an architecture is null")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":[null]}""", "unknown architecture \"\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":[null,"LOUD"]}""", "unknown flag \"\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","args":[null]}]}""", "an argument is null")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["LOUD"]}""", "unknown flag \"LOUD\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["pdp11"]}""", "unknown architecture \"pdp11\"")]
    [InlineData(
        """{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]}""",
        "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'")]
    [InlineData(
        """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_ERRNO"}]}""",
        "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ERRNO"}]}""", "a rule names no system call")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]}""", "invalid index of an argument: 6")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":0,"op":"IS"}]}]}""", "unknown operator \"IS\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","includes":{"minKernel":"new"}}]}""", "invalid kernel version: \"new\"")]
    public void What_is_no_profile_is_refused(string json, string words) =>
        Assert.Contains(words, Assert.Throws<SkeinException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void It_has_bounds()
    {
        var names = string.Join(',', Enumerable.Repeat("\"a\"", 20_001));
        Assert.Contains("more than", Assert.Throws<SkeinException>(() => Parse(Profile($$"""{"names":[{{names}}],"action":"SCMP_ACT_ERRNO"}"""))).Message, StringComparison.Ordinal);
        Assert.Contains("at most 256 KiB", Assert.Throws<SkeinException>(() => Parse(new string(' ', SeccompDocument.BytesMax + 1))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"caps":["CAP_SYS_ADMIN"]}""", "{}", false)]
    [InlineData("""{"caps":["CAP_CHOWN"]}""", "{}", true)]
    [InlineData("{}", """{"caps":["CAP_SYS_ADMIN","CAP_CHOWN"]}""", false)]
    [InlineData("""{"arches":["arm64"]}""", "{}", false)]
    [InlineData("""{"arches":["amd64","arm64"]}""", "{}", true)]
    [InlineData("{}", """{"arches":["amd64"]}""", false)]
    [InlineData("""{"minKernel":"6.1"}""", "{}", true)]
    [InlineData("""{"minKernel":"6.2"}""", "{}", false)]
    [InlineData("{}", """{"minKernel":"4.8"}""", false)]
    public void A_rule_counts_under_its_conditions(string includes, string excludes, bool counts)
    {
        var profile = Profile($$"""{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","errnoRet":9,"includes":{{includes}},"excludes":{{excludes}}}""");
        Assert.Equal(counts, CustomSeccomp.Of(Parse(profile), ["CAP_CHOWN"], Machine.X64, s_kernel)!.Syscalls.Any(rule => rule is { ErrnoRet: 9, Names: ["mkdir"] }));
    }

    [Fact]
    public void The_architectures_are_those_of_the_host()
    {
        const string map = """{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},{"architecture":"SCMP_ARCH_AARCH64"}]}""";
        Assert.Equal(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], CustomSeccomp.Of(Parse(map), [], Machine.X64, s_kernel)!.Architectures);
        Assert.Equal(["SCMP_ARCH_AARCH64"], CustomSeccomp.Of(Parse(map), [], Machine.Arm64, s_kernel)!.Architectures);
    }

    [Fact]
    public void Nothing_said_is_no_filter() => Assert.Null(CustomSeccomp.Of(Parse("{}"), [], Machine.X64, s_kernel));

    private static string Profile(string rule) => $$"""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{rule}}]}""";

    private static SeccompDocument Parse(string json) => SeccompDocument.Parse(Encoding.UTF8.GetBytes(json));
}
