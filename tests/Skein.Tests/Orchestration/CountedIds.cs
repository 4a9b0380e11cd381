using System.Globalization;
using Skein.Model;

namespace Skein.Tests.Orchestration;

/// <summary>t1, t2, …: so that a trace reads the same each time.</summary>
internal sealed class CountedIds : IIdSource
{
    private int _last;

    public string NewId() => "t" + (++_last).ToString(CultureInfo.InvariantCulture);

    public string NewContainerId() => NewId();

    public void Fill(Span<byte> bytes) => bytes.Clear();
}
