using Skein.Manager.Store;
using Xunit;

namespace Skein.Tests.Store;

public sealed class EtcdEnvironmentTests
{
    [Fact]
    public void Etcd_takes_neither_flags_nor_systemd_s_words_from_the_daemon_s_environment()
    {
        string[] names =
        [
            "PATH", "GOMAXPROCS", "ETCD_NAME", "ETCDCTL_API", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
        ];
        var environment = names.ToDictionary(name => name, string? (_) => "1");
        EtcdEnvironment.Clean(environment);
        Assert.Equal(["GOMAXPROCS", "PATH"], environment.Keys.Order(StringComparer.Ordinal));
    }
}
