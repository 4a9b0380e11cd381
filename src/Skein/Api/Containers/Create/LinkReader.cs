using Skein.Agent.Containers;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>`--link NAME:ALIAS`, or as `docker inspect` shows it: "/NAME:/OWNER/ALIAS".</summary>
internal static class LinkReader
{
    public static (string Name, string Alias) Read(string text)
    {
        if (text.Length == 0) throw SkeinException.Invalid("empty string specified for links");
        // Both come into lines of the hosts file and into names of variables.
        if (text.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter))) throw SkeinException.Invalid($"bad format for links: {text}");
        return text.Split(':') switch
        {
            [var name] => (name, name),
            [['/', .. var name], var alias] => (name, alias[(alias.LastIndexOf('/') + 1)..]),
            [var name, var alias] => (name, alias),
            _ => throw SkeinException.Invalid($"bad format for links: {text}"),
        };
    }

    /// <summary>The default bridge has links of its own kind; on any other network they are names that one container knows.</summary>
    public static void Read(IReadOnlyList<string>? links, StandaloneSpec wish)
    {
        if (links is null or { Count: 0 }) return;
        if (wish.NetworkMode == NamespaceMode.None) throw SkeinException.Invalid("conflicting options: links and the network mode none");
        if (wish.NetworkMode == NamespaceReader.DefaultNetwork) wish.Links.AddRange(links.Select(Read).Select(link => new ContainerLink { Name = link.Name, Alias = link.Alias }));
        // A client that knows of networks says the same there too.
        else if (wish.Endpoints[0].Links is { Count: 0 } own) own.AddRange(Words(links));
    }

    public static IEnumerable<string> Words(IReadOnlyList<string>? links) => (links ?? []).Select(Read).Select(link => $"{link.Name}:{link.Alias}");
}
