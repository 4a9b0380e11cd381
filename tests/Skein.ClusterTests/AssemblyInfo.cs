using Skein.ClusterTests.Lab;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// A class waits nearly all of its time, for hosts to boot, tasks to start, nodes to be missed: a lab and what drives it take a fifth of one processor. Two
// at once hardly feel each other. What measures, or is bounded by time, and what has several managers, who are to keep a leader, runs alone after them: see Alone.
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 2)]
[assembly: TestCollectionOrderer(typeof(SharedFirst))]
