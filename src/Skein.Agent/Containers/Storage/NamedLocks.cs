namespace Skein.Agent.Containers.Storage;

/// <summary>One at a time for each name. Who takes several takes them in the order of their names, so that no two wait for each other.</summary>
internal sealed class NamedLocks
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Turn> turns = [];

    /// <summary>Held until disposed.</summary>
    public async Task<IDisposable> TakeAsync(IEnumerable<string> names, CancellationToken cancel)
    {
        var taken = new Taken(this);
        try
        {
            foreach (var name in names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)) await taken.AddAsync(name, cancel);
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private Turn Join(string name)
    {
        lock (gate)
        {
            if (!turns.TryGetValue(name, out var turn)) turns[name] = turn = new Turn();
            turn.Users++;
            return turn;
        }
    }

    private void Leave(string name)
    {
        lock (gate)
        {
            if (--turns[name].Users == 0) turns.Remove(name);
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim One { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Taken(NamedLocks locks) : IDisposable
    {
        private readonly List<(string Name, Turn Turn)> held = [];

        public async Task AddAsync(string name, CancellationToken cancel)
        {
            var turn = locks.Join(name);
            try
            {
                await turn.One.WaitAsync(cancel);
            }
            catch
            {
                locks.Leave(name);
                throw;
            }
            held.Add((name, turn));
        }

        public void Dispose()
        {
            foreach (var (name, turn) in held)
            {
                turn.One.Release();
                locks.Leave(name);
            }
            held.Clear();
        }
    }
}
