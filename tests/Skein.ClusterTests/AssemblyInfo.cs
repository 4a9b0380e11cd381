using Xunit.Sdk;
using Xunit.v3;

// Each class raises a lab of several hosts; two at once would only measure each other's load.
[assembly: Parallelization(Mode = ParallelMode.None)]
