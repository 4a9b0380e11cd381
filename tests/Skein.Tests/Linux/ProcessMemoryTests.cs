using Skein.Linux.Memory;
using Xunit;

namespace Skein.Tests.Linux;

public class ProcessMemoryTests
{
    [Fact]
    public void Only_mappings_of_files_that_nobody_wrote_to_are_dropped()
    {
        string[] smaps =
        [
            "55cb86000000-55cb86001000 r-xp 00000000 fe:00 11                         /usr/bin/skein",
            "Rss:                   4 kB",
            "Anonymous:             0 kB",
            "55cb86001000-55cb86003000 r--p 00001000 fe:00 11                         /usr/bin/skein",
            "Anonymous:             8 kB",
            "55cb86003000-55cb86004000 rw-p 00003000 fe:00 11                         /usr/bin/skein",
            "Anonymous:             0 kB",
            "7f8869800000-7f8869c95000 r--p 00000000 00:00 0 ",
            "Anonymous:             0 kB",
            "7f8869d00000-7f8869d01000 r--s 00000000 00:05 3                          /memfd:x",
            "Anonymous:             0 kB",
            "7ffff0000000-7ffff0001000 r-xp 00000000 00:00 0                          [vdso]",
            "Anonymous:             0 kB",
        ];
        Assert.Equal([(unchecked((nint)0x55cb86000000), (nint)0x1000)], ProcessMemory.CleanFileMappings(smaps));
    }

    [Fact]
    public void Trimming_harms_nothing_that_runs_on()
    {
        ProcessMemory.Trim();
        Assert.NotEmpty(ProcessMemory.CleanFileMappings(File.ReadLines("/proc/self/smaps")));
    }
}
