using System.Text.RegularExpressions;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>All containers of this host, by id and by name. A name is taken before anything is made for it.</summary>
internal sealed partial class ContainerTable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ManagedContainer> byId = [];
    private readonly Dictionary<string, string> idByName = [];

    public IReadOnlyList<ManagedContainer> All
    {
        get
        {
            lock (gate)
                return [.. byId.Values];
        }
    }

    /// <summary>Refuses a name that another container has, or is about to have.</summary>
    /// <param name="name">A slash before it stands in the refusal, too.</param>
    /// <param name="because">Before the refusal's words.</param>
    public void Reserve(string name, string id, string because = "")
    {
        if (!ValidName().IsMatch(name.TrimStart('/')))
            throw SkeinException.Invalid($"{because}Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
        name = name.TrimStart('/');
        lock (gate)
        {
            if (!idByName.TryAdd(name, id))
            {
                throw SkeinException.Conflict(
                    $"{because}Conflict. The container name \"/{name}\" is already in use by container \"{idByName[name]}\". "
                    + "You have to remove (or rename) that container to be able to reuse that name.");
            }
        }
    }

    /// <summary>A name that is another's by now stays that one's.</summary>
    public void Release(string name, string id)
    {
        lock (gate)
        {
            if (idByName.GetValueOrDefault(name) == id) idByName.Remove(name);
        }
    }

    public void Add(ManagedContainer container)
    {
        lock (gate)
        {
            byId[container.Id] = container;
            idByName[container.Record.Name] = container.Id;
        }
    }

    public void Remove(ManagedContainer container)
    {
        lock (gate)
        {
            byId.Remove(container.Id);
            if (idByName.GetValueOrDefault(container.Record.Name) == container.Id) idByName.Remove(container.Record.Name);
        }
    }

    /// <summary>By its whole id.</summary>
    public ManagedContainer? TryGet(string id)
    {
        lock (gate)
            return byId.GetValueOrDefault(id);
    }

    /// <summary>Also one whose making has begun: its name is taken.</summary>
    public bool Contains(string id)
    {
        lock (gate)
            return byId.ContainsKey(id) || idByName.ContainsValue(id);
    }

    /// <summary>By id, name, or a prefix of one id alone.</summary>
    public ManagedContainer Find(string idOrName)
    {
        lock (gate)
        {
            if (byId.TryGetValue(idOrName, out var container)
                || (idByName.TryGetValue(idOrName.TrimStart('/'), out var id) && byId.TryGetValue(id, out container)))
            {
                return container;
            }
            var matches = idOrName.Length == 0
                ? []
                : byId.Values.Where(candidate => candidate.Id.StartsWith(idOrName, StringComparison.Ordinal)).Take(2).ToList();
            return matches.Count switch
            {
                1 => matches[0],
                0 => throw SkeinException.NotFound($"No such container: {idOrName}"),
                _ => throw SkeinException.Invalid($"Multiple IDs found with provided prefix: {idOrName}"),
            };
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9][a-zA-Z0-9_.-]+\z")]
    private static partial Regex ValidName();
}
