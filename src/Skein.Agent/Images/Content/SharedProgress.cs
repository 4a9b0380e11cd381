namespace Skein.Agent.Images.Content;

/// <summary>What work reports, to all who wait for it: who comes later is shown first how it stands.</summary>
internal sealed class SharedProgress : IProgress<ImageProgress>
{
    private readonly Lock _lock = new();
    private readonly List<IProgress<ImageProgress>> _listeners = [];
    // The newest of each id, in the order in which the ids came.
    private readonly OrderedDictionary<string, ImageProgress> _shown = [];

    public void Add(IProgress<ImageProgress> listener)
    {
        lock (_lock)
        {
            foreach (var line in _shown.Values) listener.Report(line);
            _listeners.Add(listener);
        }
    }

    public void Remove(IProgress<ImageProgress> listener)
    {
        lock (_lock) _listeners.Remove(listener);
    }

    public void Report(ImageProgress value)
    {
        lock (_lock)
        {
            _shown[value.Id] = value;
            foreach (var listener in _listeners) listener.Report(value);
        }
    }
}
