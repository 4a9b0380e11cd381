using Google.Protobuf;
using Google.Protobuf.Collections;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>
/// What a node must know, in messages that it takes: a snapshot of a large swarm is some tens of megabytes. The node puts the parts
/// together, and applies them when the last has come. Between two of them there is room for a beat.
/// </summary>
internal static class AssignmentParts
{
    public static IEnumerable<Assignments> Of(Assignments all, int enough = MessageBounds.Enough) =>
        all.CalculateSize() <= enough ? [all] : Split(all, enough);

    private static IEnumerable<Assignments> Split(Assignments all, int enough)
    {
        var part = Begin(all);
        var size = 0;
        foreach (var (add, bytes) in Items(all))
        {
            if (size > 0 && size + bytes > enough)
            {
                part.More = true;
                yield return part;
                (part, size) = (Begin(all), 0);
            }
            add(part);
            size += bytes;
        }
        yield return part;
    }

    private static Assignments Begin(Assignments all) => new() { Sequence = all.Sequence, Full = all.Full };

    private static IEnumerable<(Action<Assignments> Add, int Bytes)> Items(Assignments all) =>
    [
        .. Of(all.Tasks, p => p.Tasks), .. Of(all.RemovedTasks, p => p.RemovedTasks),
        .. Of(all.Networks, p => p.Networks), .. Of(all.RemovedNetworks, p => p.RemovedNetworks),
        .. Of(all.Endpoints, p => p.Endpoints), .. Of(all.RemovedEndpoints, p => p.RemovedEndpoints),
        .. Of(all.Services, p => p.Services), .. Of(all.RemovedServices, p => p.RemovedServices),
    ];

    private static IEnumerable<(Action<Assignments>, int)> Of<T>(RepeatedField<T> items, Func<Assignments, RepeatedField<T>> field) where T : IMessage =>
        items.Select(item => ((Action<Assignments>)(part => field(part).Add(item)), Framed(item.CalculateSize())));

    private static IEnumerable<(Action<Assignments>, int)> Of(RepeatedField<string> items, Func<Assignments, RepeatedField<string>> field) =>
        items.Select(item => ((Action<Assignments>)(part => field(part).Add(item)), Framed(CodedOutputStream.ComputeStringSize(item))));

    /// <summary>With its tag and its length.</summary>
    private static int Framed(int bytes) => bytes + 6;
}
