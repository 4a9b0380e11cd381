using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests;

/// <summary>Kernels are built without iptables-legacy's tables by now: what needs them is then passed over, and says so.</summary>
internal static class LegacyIptables
{
    public static void Require(NetworkNamespace space) => Assert.SkipUnless(
        space.Run(() => Commands.Run("sh", "-c", "iptables-legacy -S > /dev/null 2>&1 && echo yes || true")).Length > 0, "this kernel has no iptables-legacy");
}
