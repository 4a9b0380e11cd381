using Google.Protobuf;
using Google.Protobuf.Collections;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>Gathers what a node is told of dependencies into messages that it takes.</summary>
/// <param name="full">The first of a session.</param>
internal sealed class DependencyParts(bool full)
{
    private readonly List<Dependencies> _parts = [new() { Full = full }];
    private int _size;

    public void Put(DependencyContent content) => Add(part => part.Put, content);

    public void Put(TaskCredentials credentials) => Add(part => part.Credentials, credentials);

    public void Remove(IEnumerable<string> contents, IEnumerable<string> credentials)
    {
        _parts[^1].Removed.Add(contents);
        _parts[^1].RemovedCredentials.Add(credentials);
    }

    /// <summary>None when there is nothing to say.</summary>
    public IReadOnlyList<Dependencies> Finish() => _parts is [{ Full: false } only] && only.CalculateSize() == 0 ? [] : _parts;

    private void Add<T>(Func<Dependencies, RepeatedField<T>> field, T item) where T : IMessage
    {
        var bytes = item.CalculateSize();
        if (_size > 0 && _size + bytes > MessageBounds.Enough)
        {
            _parts.Add(new());
            _size = 0;
        }
        field(_parts[^1]).Add(item);
        _size += bytes;
    }
}
