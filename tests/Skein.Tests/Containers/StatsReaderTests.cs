using Skein.Agent.Containers.Stats;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class StatsReaderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("skein-stats-").FullName;

    public StatsReaderTests()
    {
        Put("proc/stat", "cpu  100 0 50 800 10 0 40 0 7 0\ncpu0 50 0 25 400 5 0 20 0 0 0\ncpu1 50 0 25 400 5 0 20 0 0 0\nintr 1\n");
        Put("proc/meminfo", "MemTotal:        1000 kB\nMemFree: 1 kB\n");
        Put("proc/7/net/dev", """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:       5       1    0    0    0     0          0         0        5       1    0    0    0     0       0          0
              eth0:    1234      12    1    2    0     0          0         0     5678      34    3    4    0     0       0          0

            """);
    }

    [Fact]
    public void Of_version_two_all_is_in_one_folder()
    {
        Put("proc/7/cgroup", "0::/skein/c1\n");
        Put("cg/skein/c1/cpu.stat", "usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 5\nnr_throttled 2\nthrottled_usec 9\n");
        Put("cg/skein/c1/memory.current", "4096\n");
        Put("cg/skein/c1/memory.max", "max\n");
        Put("cg/skein/c1/memory.stat", "anon 1024\ninactive_file 512\n");
        Put("cg/skein/c1/pids.current", "3\n");
        Put("cg/skein/c1/pids.max", "10\n");
        Put("cg/skein/c1/io.stat", "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=0 dios=0\n");
        var stats = Read();
        Assert.Equal(new CpuUsage(3_000_000, 2_000_000, 1_000_000, 5, 2, 9_000), stats.Cpu);
        Assert.Equal((4096ul, 1_024_000ul, 512ul), (stats.MemoryUsage, stats.MemoryLimit, stats.MemoryDetails["inactive_file"]));
        Assert.Equal((3ul, 10ul), (stats.Pids, stats.PidsLimit));
        Assert.Equal([new DeviceTraffic(8, 0, 100, 200)], stats.Devices);
        Host(stats);
    }

    [Fact]
    public void Of_version_one_each_controller_has_its_own()
    {
        Put("proc/7/cgroup", "5:pids:/skein/c1\n4:memory:/skein/c1\n3:blkio:/skein/c1\n2:cpu,cpuacct:/skein/c1\n1:name=systemd:/x\n0::/skein/c1\n");
        Put("cg/cpuacct/skein/c1/cpuacct.usage", "3000000\n");
        Put("cg/cpuacct/skein/c1/cpuacct.stat", "user 2\nsystem 1\n");
        Put("cg/cpu/skein/c1/cpu.stat", "nr_periods 5\nnr_throttled 2\nthrottled_time 9000\n");
        Put("cg/memory/skein/c1/memory.usage_in_bytes", "4096\n");
        Put("cg/memory/skein/c1/memory.limit_in_bytes", "8192\n");
        Put("cg/memory/skein/c1/memory.stat", "cache 1024\ntotal_inactive_file 512\n");
        Put("cg/pids/skein/c1/pids.current", "3\n");
        Put("cg/pids/skein/c1/pids.max", "max\n");
        Put("cg/blkio/skein/c1/blkio.throttle.io_service_bytes_recursive", "8:0 Read 100\n8:0 Write 200\n8:0 Total 300\nTotal 300\n");
        var stats = Read();
        Assert.Equal(new CpuUsage(3_000_000, 20_000_000, 10_000_000, 5, 2, 9_000), stats.Cpu);
        Assert.Equal((4096ul, 8192ul, 512ul), (stats.MemoryUsage, stats.MemoryLimit, stats.MemoryDetails["total_inactive_file"]));
        Assert.Equal((3ul, 0ul), (stats.Pids, stats.PidsLimit));
        Assert.Equal([new DeviceTraffic(8, 0, 100, 200)], stats.Devices);
        Host(stats);
    }

    [Fact]
    public void A_process_that_has_ended_has_none() => Assert.ThrowsAny<IOException>(() => Read());

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static void Host(ContainerStats stats)
    {
        Assert.Equal((10_000_000_000ul, 2), (stats.HostCpu, stats.OnlineCpus));
        Assert.Equal(["eth0"], stats.Networks.Keys);
        Assert.Equal(new InterfaceTraffic(1234, 12, 1, 2, 5678, 34, 3, 4), stats.Networks["eth0"]);
    }

    private ContainerStats Read() => new StatsReader(_root + "/cg", _root + "/proc", TimeProvider.System).Read(7);

    private void Put(string path, string text)
    {
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
