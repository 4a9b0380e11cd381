using Google.Protobuf;

namespace Skein.Manager.Drafts;

/// <summary>One object of a draft: the stored one until it is edited, then a copy of its own.</summary>
internal sealed class Drafted<T>(T value, T? stored) where T : class, IMessage<T>
{
    private bool _isCopy = stored is null;

    public T Value { get; private set; } = value;

    public bool IsDeleted { get; private set; }

    /// <summary>Edits that come to nothing are no change: a loop at rest writes nothing.</summary>
    public bool HasChanged => stored is null ? !IsDeleted : IsDeleted || (_isCopy && !Value.Equals(stored));

    public T Edit()
    {
        if (_isCopy) return Value;
        _isCopy = true;
        return Value = Value.Clone();
    }

    public void Delete() => IsDeleted = true;
}
