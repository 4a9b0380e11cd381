using System.Net;
using Skein.Agent.Dns.Wire;

namespace Skein.Agent.Dns;

/// <summary>Answers a question from the names of the asker's own networks. Pure.</summary>
internal static class NameAnswerer
{
    public static NameAnswer Answer(NameIndex index, ContainerView view, string name, DnsType type)
    {
        if (type == DnsType.Ptr || ReverseName.Is(name))
            return ReverseName.Parse(name) is { } address ? Reverse(index, view, address) : NameAnswer.Unknown;
        foreach (var id in view.NetworkIds)
        {
            if (index.Network(id) is { } network && network.Find(view.Links.GetValueOrDefault((id, name), name)) is { } addresses) return new NameAnswer(addresses, null, network.IsOfTasks(addresses));
        }
        return view.OwnNames.Contains(name) && view.OwnAddresses.Count > 0 ? new NameAnswer(view.OwnAddresses, null) : NameAnswer.Unknown;
    }

    private static NameAnswer Reverse(NameIndex index, ContainerView view, IPAddress address)
    {
        foreach (var id in view.NetworkIds)
        {
            if (index.Network(id)?.Find(address) is { } name) return new NameAnswer(null, name);
        }
        return NameAnswer.Unknown;
    }
}
