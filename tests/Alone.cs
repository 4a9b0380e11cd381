using Xunit;

namespace Skein;

/// <summary>For tests that look at the whole process, such as at its memory: no other runs beside them. Compiled into each of the test projects.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
