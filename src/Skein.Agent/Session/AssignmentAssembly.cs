using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Session;

/// <summary>Puts together what comes in parts: nothing is applied before all of it is here, nor held without bound.</summary>
internal sealed class AssignmentAssembly(int most = MessageBounds.MostOfAssignments)
{
    private Assignments? _parts;
    private long _bytes;

    /// <summary>All of it; null while more is to come.</summary>
    /// <exception cref="InvalidDataException">There is no end of it.</exception>
    public Assignments? Take(Assignments part)
    {
        if (_parts is null && !part.More) return part;
        _bytes += part.CalculateSize();
        if (_bytes > most) throw new InvalidDataException($"assignments {part.Sequence} have more than {most} bytes");
        if (_parts is not null && _parts.Sequence != part.Sequence)
            throw new InvalidDataException($"a part of assignments {part.Sequence} came before the last of {_parts.Sequence}");
        (_parts ??= new()).MergeFrom(part);
        if (part.More) return null;
        var whole = _parts;
        whole.More = false;
        (_parts, _bytes) = (null, 0);
        return whole;
    }
}
