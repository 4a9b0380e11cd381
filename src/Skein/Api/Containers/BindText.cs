using Skein.Api.Containers.Create;

namespace Skein.Api.Containers;

/// <summary>What `docker inspect` needs of a `-v` after it was read: which mount it became, and the mode in its user's words.</summary>
internal readonly record struct BindText(string Target, string Mode)
{
    /// <param name="raw">SOURCE:TARGET:MODE, SOURCE:TARGET or TARGET, and valid.</param>
    public static BindText Of(string raw) => raw.Split(':') switch
    {
        [_, var target, var mode] => new(MountsReader.Target(target), mode),
        [_, var target] => new(MountsReader.Target(target), ""),
        _ => new(MountsReader.Target(raw), ""),
    };
}
