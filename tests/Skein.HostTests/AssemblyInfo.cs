using Xunit.Sdk;
using Xunit.v3;

// Most tests wait nearly all of their time, for elections, deadlines and silences: all of them take 150 s of one processor. A class is the least that runs
// by itself, so that those of whole swarms are parted.
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 4)]
